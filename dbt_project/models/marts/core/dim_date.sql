-- The working-day index counts working days up to and including the day, so the difference of two indexes is the working days
-- between them, day 0 being the first. The academic year runs from September to August; a term begins on its first school
-- day, as the authority's term dates say, and where they are not held on 1 September, 1 January and 1 April.
with

holidays as (
    select
        holiday_date,
        min(name) as holiday_name
    from {{ ref('stg_control__bank_holidays') }}
    group by holiday_date
),

-- one row a day, however the runs of a term overlap
school_days as (
    select days.date_day
    from {{ ref('int_calendar__days') }} as days
    inner join {{ ref('stg_education__school_terms') }} as school_runs
        on days.date_day between school_runs.first_school_date and school_runs.last_school_date
    group by days.date_day
),

term_starts as (
    select
        lower(trim(term)) as term,
        min(first_school_date) as term_start
    from {{ ref('stg_education__school_terms') }}
    group by academic_year, lower(trim(term))
),

terms as (
    select
        term,
        term_start,
        coalesce(
            {{ add_days('lead(term_start) over (order by term_start, term)', -1) }},
            {{ add_months('term_start', 4) }}
        ) as term_end
    from term_starts
),

marked as (
    select
        days.date_day,
        days.weekday,
        holidays.holiday_name,
        holidays.holiday_date is not null as is_bank_holiday,
        days.weekday < 5 and holidays.holiday_date is null as is_working_day,
        terms.term,
        terms.term is not null as has_terms,
        school_days.date_day is not null as is_in_school_run
    from {{ ref('int_calendar__days') }} as days
    left join holidays on days.date_day = holidays.holiday_date
    left join terms on days.date_day between terms.term_start and terms.term_end
    left join school_days on days.date_day = school_days.date_day
),

indexed as (
    select
        date_day,
        weekday,
        holiday_name,
        is_bank_holiday,
        is_working_day,
        term,
        has_terms,
        is_in_school_run,
        cast(
            sum(case when is_working_day then 1 else 0 end) over (
                order by date_day rows between unbounded preceding and current row
            ) as integer
        ) as working_day_index
    from marked
)

select
    date_day,
    {{ month_key('date_day') }} as month,
    {{ quarter_key('date_day') }} as quarter,
    {{ half_key('date_day') }} as half,
    {{ financial_year_key('date_day') }} as financial_year,
    {{ iso_week_key('date_day', 'weekday') }} as iso_week,
    cast(weekday + 1 as integer) as iso_weekday,
    {{ academic_year_key('date_day') }} as academic_year,
    coalesce(
        term,
        case
            when extract(month from date_day) >= 9 then 'autumn'
            when extract(month from date_day) <= 3 then 'spring'
            else 'summer'
        end
    ) as academic_term,
    case when has_terms then is_in_school_run and is_working_day end as is_school_day,
    is_working_day,
    is_bank_holiday,
    holiday_name as bank_holiday_name,
    working_day_index,
    max(date_day) over (partition by working_day_index) as last_day_of_index,
    {{ month_start('date_day') }} as month_start,
    {{ add_days(add_months(month_start('date_day'), 1), -1) }} as month_end
from indexed
