with

holidays as (
    select distinct holiday_date
    from {{ ref('stg_control__bank_holidays') }}
),

marked as (
    select
        days.date_day,
        days.weekday,
        holidays.holiday_date is not null as is_bank_holiday,
        days.weekday < 5 and holidays.holiday_date is null as is_working_day
    from {{ ref('int_calendar__days') }} as days
    left join holidays on days.date_day = holidays.holiday_date
)

select
    date_day,
    {{ month_key('date_day') }} as month,
    {{ quarter_key('date_day') }} as quarter,
    {{ half_key('date_day') }} as half,
    {{ financial_year_key('date_day') }} as financial_year,
    {{ iso_week_key('date_day', 'weekday') }} as iso_week,
    is_working_day,
    is_bank_holiday,
    cast(
        sum(case when is_working_day then 1 else 0 end) over (
            order by date_day rows between unbounded preceding and current row
        ) as integer
    ) as working_day_index,
    {{ month_start('date_day') }} as month_start,
    {{ add_days(add_months(month_start('date_day'), 1), -1) }} as month_end
from marked
