-- The days a table covers without a gap: windows of successive loads that overlap or touch are one stretch.
with

windows as (
    select
        source,
        table_name,
        covered_from,
        covered_to,
        max(covered_to) over (
            partition by source, table_name
            order by covered_from, covered_to
            rows between unbounded preceding and 1 preceding
        ) as covered_before
    from {{ ref('stg_control__availability') }}
    where
        kind = 'flow'
        and covered_from is not null
        and covered_to is not null
),

stretches as (
    select
        source,
        table_name,
        covered_from,
        covered_to,
        sum(case when covered_from <= {{ add_days('covered_before', 1) }} then 0 else 1 end) over (
            partition by source, table_name
            order by covered_from, covered_to
            rows between unbounded preceding and current row
        ) as stretch
    from windows
)

select
    source,
    table_name,
    min(covered_from) as covered_from,
    max(covered_to) as covered_to
from stretches
group by source, table_name, stretch
