-- The month ends a stock is shown for: from April six years before the as-at date's financial year to the month of the
-- as-at date. Each has a reference date, the earlier of its last day and the as-at date: open, age and stock are judged there.
with

months as (
    select
        {{ month_start('days.date_day') }} as month_start,
        max(days.date_day) as month_end
    from {{ ref('int_calendar__days') }} as days
    group by {{ month_start('days.date_day') }}
)

select
    {{ month_key('months.month_start') }} as month,
    months.month_start,
    months.month_end,
    case when months.month_end > run.as_at then run.as_at else months.month_end end as reference_date
from months
cross join {{ ref('stg_control__run') }} as run
where
    months.month_start <= run.as_at
    and {{ financial_year_start('months.month_start') }} >= {{ financial_year_start('run.as_at') }} - 6
