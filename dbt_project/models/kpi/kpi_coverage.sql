-- Which slices of time of each population the loads held cover: a flow month or week when every day up to its end or the as-at
-- date lies inside the windows of every table the population needs, a stock month when a snapshot of that month is held or, of
-- spells told with their whole history, when the month's last day or the as-at date lies inside the window.
with
run as (
    select as_at
    from {{ ref('stg_control__run') }}
),

slices as (
    select distinct
        dim_date.month as slice,
        false as is_week,
        dim_date.month_start as slice_start,
        least(dim_date.month_end, run.as_at) as last_day_needed
    from {{ ref('dim_date') }} as dim_date
    cross join run
    where dim_date.month_start <= run.as_at
    union all
    select
        dim_period.first_slice as slice,
        true as is_week,
        dim_period.period_start as slice_start,
        dim_period.reference_date as last_day_needed
    from {{ ref('dim_period') }} as dim_period
    where dim_period.basis = 'W'
),

-- The tables of a fact of the journey are those of the route it takes; without a route it has none, and is not covered.
populations as (
    select
        populations.population,
        populations.covered_as,
        populations.is_weekly,
        populations.quiet_month,
        case when populations.source = 'journey' then routes.source else populations.source end as source,
        case when populations.source = 'journey' then routes.table_name else populations.table_name end as table_name
    from {{ ref('stg_control__populations') }} as populations
    left join {{ ref('int_control__routes') }} as routes
        on populations.source = 'journey' and populations.table_name = routes.fact
    where populations.kind in ('flow', 'stock')
),

-- The stretches of a table are gapless and apart, so a slice lies in one of them or is not covered.
flow_slices as (
    select
        stretches.source,
        stretches.table_name,
        slices.slice
    from {{ ref('int_control__coverage') }} as stretches
    inner join slices
        on stretches.covered_from <= slices.slice_start and stretches.covered_to >= slices.last_day_needed
),

stock_slices as (
    select distinct
        availability.source,
        availability.table_name,
        dim_date.month as slice
    from {{ ref('stg_control__availability') }} as availability
    inner join {{ ref('dim_date') }} as dim_date on availability.covered_to = dim_date.date_day
    where availability.kind = 'stock'
    union distinct
    select
        stretches.source,
        stretches.table_name,
        slices.slice
    from {{ ref('int_control__coverage') }} as stretches
    inner join {{ ref('int_control__histories') }} as histories
        on stretches.source = histories.source and stretches.table_name = histories.table_name
    inner join slices
        on slices.last_day_needed between stretches.covered_from and stretches.covered_to
),

by_table as (
    select
        populations.population,
        slices.slice,
        case
            when extract(month from slices.slice_start) = populations.quiet_month then true
            when populations.covered_as = 'flow' then flow_slices.slice is not null
            else stock_slices.slice is not null
        end as is_covered
    from populations
    inner join slices on not slices.is_week or populations.is_weekly
    left join flow_slices
        on
            populations.source = flow_slices.source
            and populations.table_name = flow_slices.table_name
            and slices.slice = flow_slices.slice
    left join stock_slices
        on
            populations.source = stock_slices.source
            and populations.table_name = stock_slices.table_name
            and slices.slice = stock_slices.slice
)

select
    population,
    slice,
    min(case when is_covered then 1 else 0 end) = 1 as is_covered
from by_table
group by population, slice
