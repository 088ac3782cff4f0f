-- The days lists are made for: the last day of the month before the as-at date's, and the as-at date itself for its own month. A
-- window goes back to the same day of the earlier month, or to that month's last day.
select
    month_ends.month as period,
    month_ends.reference_date,
    {{ add_months('month_ends.reference_date', -6) }} as window_start,
    {{ add_months('month_ends.reference_date', -12) }} as year_start
from {{ ref('int_calendar__month_ends') }} as month_ends
cross join {{ ref('stg_control__run') }} as run
where month_ends.month_end >= {{ add_days(month_start('run.as_at'), -1) }}
