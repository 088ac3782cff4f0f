-- One row per independent reviewing officer in post at a month end, those who also chair conferences included. Hours are counted in
-- hundredths of a full-time post, so that sums stay whole numbers.
with

officers as (
    select
        workers.worker_key,
        month_ends.reference_date,
        workers.service_code,
        workers.team_code,
        workers.full_time_equivalent
    from {{ ref('dim_worker') }} as workers
    inner join {{ ref('int_calendar__month_ends') }} as month_ends
        on
            workers.valid_from <= month_ends.reference_date
            and {{ end_or_never('workers.valid_to') }} >= month_ends.reference_date
    where workers.role in ('iro', 'iro_and_chair')
)

select
    {{ kpi_plain_item_columns('officers', 'worker_key', 'reference_date', 'cast(null as varchar)') }}
    1 as is_reviewing_officer,
    cast(round(coalesce(officers.full_time_equivalent, 0) * 100) as integer) as fte_hundredths,
    {{ kpi_flag('officers.full_time_equivalent is null') }} as is_fte_not_recorded
from officers
{{ kpi_plain_item_joins('officers', 'reference_date') }}
