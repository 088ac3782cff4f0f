-- Which months of each population the loads held cover: a flow month when every day up to its end or the as-at date lies
-- inside the windows of every table the population needs, a stock month when a snapshot of that month is held or, of spells
-- told with their whole history, when the month's last day or the as-at date lies inside the window.
with
run as (
    select as_at
    from {{ ref('stg_control__run') }}
),

months as (
    select distinct
        dim_date.month,
        dim_date.month_start,
        case when dim_date.month_end > run.as_at then run.as_at else dim_date.month_end end as last_day_needed
    from {{ ref('dim_date') }} as dim_date
    cross join run
    where dim_date.month_start <= run.as_at
),

-- The tables of a fact of the journey are those of the route it takes; without a route it has none, and is not covered.
populations as (
    select
        populations.population,
        populations.kind,
        case when populations.source = 'journey' then routes.source else populations.source end as source,
        case when populations.source = 'journey' then routes.table_name else populations.table_name end as table_name
    from {{ ref('stg_control__populations') }} as populations
    left join {{ ref('int_control__routes') }} as routes
        on populations.source = 'journey' and populations.table_name = routes.fact
    where populations.kind in ('flow', 'stock')
),

-- The stretches of a table are gapless and apart, so a month lies in one of them or is not covered.
flow_months as (
    select
        stretches.source,
        stretches.table_name,
        months.month
    from {{ ref('int_control__coverage') }} as stretches
    inner join months
        on stretches.covered_from <= months.month_start and stretches.covered_to >= months.last_day_needed
),

stock_months as (
    select distinct
        availability.source,
        availability.table_name,
        dim_date.month
    from {{ ref('stg_control__availability') }} as availability
    inner join {{ ref('dim_date') }} as dim_date on availability.covered_to = dim_date.date_day
    where availability.kind = 'stock'
    union distinct
    select
        stretches.source,
        stretches.table_name,
        months.month
    from {{ ref('int_control__coverage') }} as stretches
    inner join {{ ref('int_control__histories') }} as histories
        on stretches.source = histories.source and stretches.table_name = histories.table_name
    inner join months
        on months.last_day_needed between stretches.covered_from and stretches.covered_to
),

by_table as (
    select
        populations.population,
        months.month,
        case
            when populations.kind = 'flow' then flow_months.month is not null
            else stock_months.month is not null
        end as is_covered
    from populations
    cross join months
    left join flow_months
        on
            populations.source = flow_months.source
            and populations.table_name = flow_months.table_name
            and months.month = flow_months.month
    left join stock_months
        on
            populations.source = stock_months.source
            and populations.table_name = stock_months.table_name
            and months.month = stock_months.month
)

select
    population,
    month,
    min(case when is_covered then 1 else 0 end) = 1 as is_covered
from by_table
group by population, month
