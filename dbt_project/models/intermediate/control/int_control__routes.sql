-- The route each fact of the journey takes: of those whose tables are all loaded, the one that stands first in routes.yml.
-- A fact none of whose routes is loaded has no row.
with

held as (
    select distinct
        source,
        table_name
    from {{ ref('stg_control__loads') }}
),

complete as (
    select
        routes.fact,
        routes.route,
        min(routes.preference) as preference
    from {{ ref('stg_control__routes') }} as routes
    left join held
        on routes.source = held.source and routes.table_name = held.table_name
    group by routes.fact, routes.route
    having count(*) = count(held.table_name)
),

ranked as (
    select
        fact,
        route,
        row_number() over (partition by fact order by preference) as place
    from complete
)

select
    routes.fact,
    routes.route as source_route,
    routes.source,
    routes.table_name
from {{ ref('stg_control__routes') }} as routes
inner join ranked
    on routes.fact = ranked.fact and routes.route = ranked.route
where ranked.place = 1
