-- The last day each fact of the journey is known to: of the tables of its route the one delivered least far. What should have
-- happened after it may have happened and not be here.
with

tables as (
    select
        source,
        table_name,
        max(covered_to) as covered_to
    from {{ ref('int_control__coverage') }}
    group by source, table_name
)

select
    routes.fact,
    least(min(tables.covered_to), min(run.as_at)) as known_to
from {{ ref('int_control__routes') }} as routes
inner join tables on routes.source = tables.source and routes.table_name = tables.table_name
cross join {{ ref('stg_control__run') }} as run
group by routes.fact
