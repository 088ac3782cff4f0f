-- What is made from rows and not from sums, at the totals of authority, service and team: medians and other percentiles, and
-- distinct children. A percentile lies between the two values around its rank, in proportion, as `percentile_cont` has it; it is
-- given in hundredths so that nothing is lost before the one rounding.
with
run as (
    select authority_code
    from {{ ref('stg_control__run') }}
),

row_kpis as (
    select
        code as kpi,
        percentile,
        is_distinct
    from {{ ref('stg_control__kpis') }}
    where status = 'active' and (is_distinct or calculation in ('median', 'percentile'))
),

kpi_periods as (
    select
        kpi_periods.kpi,
        kpi_measures.side,
        kpi_measures.population,
        kpi_measures.measure,
        row_kpis.percentile,
        row_kpis.is_distinct,
        kpi_periods.basis,
        kpi_periods.period,
        -- a position is read in the month of the reference date
        case
            when kpi_measures.taken = 'position' then {{ month_start('kpi_periods.reference_date') }}
            else kpi_periods.period_start
        end as first_day,
        kpi_periods.reference_date
    from {{ ref('kpi_periods') }} as kpi_periods
    inner join row_kpis on kpi_periods.kpi = row_kpis.kpi
    inner join {{ ref('stg_control__kpi_measures') }} as kpi_measures
        on
            kpi_periods.kpi = kpi_measures.code
            and kpi_measures.side in ('numerator', 'denominator')
            and kpi_measures.taken in ('sum', 'position')
    where kpi_periods.is_covered and (row_kpis.is_distinct or kpi_measures.side = 'numerator')
),

-- Each measure once per period, however many KPIs take a percentile of it.
measure_periods as (
    select distinct
        population,
        measure,
        is_distinct,
        basis,
        period,
        first_day,
        reference_date
    from kpi_periods
),

counted_rows as (
    {{ kpi_counted_rows() }}
),

period_rows as (
    select
        measure_periods.population,
        measure_periods.measure,
        measure_periods.is_distinct,
        measure_periods.basis,
        measure_periods.period,
        counted_rows.child_key,
        counted_rows.service_code,
        counted_rows.team_code,
        counted_rows.amount
    from measure_periods
    inner join counted_rows
        on
            measure_periods.population = counted_rows.population
            and measure_periods.measure = counted_rows.measure
            and counted_rows.event_date between measure_periods.first_day and measure_periods.reference_date
),

org_rows as (
    select
        period_rows.population,
        period_rows.measure,
        period_rows.is_distinct,
        period_rows.basis,
        period_rows.period,
        'authority' as org_level,
        run.authority_code as org,
        period_rows.child_key,
        period_rows.amount
    from period_rows
    cross join run
    {%- for org_level in ['service', 'team'] %}
    union all
    select
        population,
        measure,
        is_distinct,
        basis,
        period,
        '{{ org_level }}' as org_level,
        {{ org_level }}_code as org,
        child_key,
        amount
    from period_rows
    {%- endfor %}
),

distinct_children as (
    select
        population,
        measure,
        basis,
        period,
        org_level,
        org,
        count(distinct child_key) as children
    from org_rows
    where is_distinct
    group by population, measure, basis, period, org_level, org
),

ranked as (
    select
        population,
        measure,
        basis,
        period,
        org_level,
        org,
        amount,
        row_number() over (
            partition by population, measure, basis, period, org_level, org
            order by amount
        ) as place,
        count(*) over (partition by population, measure, basis, period, org_level, org) as items
    from org_rows
    where not is_distinct
),

-- (items - 1) * percentile / 100 steps from the smallest value: whole steps, and what is left in hundredths of a step.
around_the_rank as (
    select
        kpi_periods.kpi,
        kpi_periods.basis,
        kpi_periods.period,
        ranked.org_level,
        ranked.org,
        ranked.items,
        ranked.place,
        ranked.amount,
        mod((ranked.items - 1) * kpi_periods.percentile, 100) as hundredths,
        ((ranked.items - 1) * kpi_periods.percentile - mod((ranked.items - 1) * kpi_periods.percentile, 100)) / 100 + 1 as lower_place
    from kpi_periods
    inner join ranked
        on
            kpi_periods.population = ranked.population
            and kpi_periods.measure = ranked.measure
            and kpi_periods.basis = ranked.basis
            and kpi_periods.period = ranked.period
    where not kpi_periods.is_distinct
)

select
    kpi,
    basis,
    period,
    org_level,
    org,
    cast(null as bigint) as numerator,
    cast(max(items) as bigint) as denominator,
    cast(
        sum(case when place = lower_place then (100 - hundredths) * amount when place = lower_place + 1 then hundredths * amount else 0 end)
        as bigint
    ) as value_hundredths
from around_the_rank
group by kpi, basis, period, org_level, org
union all
select
    kpi_periods.kpi,
    kpi_periods.basis,
    kpi_periods.period,
    distinct_children.org_level,
    distinct_children.org,
    cast(sum(case when kpi_periods.side = 'numerator' then distinct_children.children else 0 end) as bigint) as numerator,
    cast(sum(case when kpi_periods.side = 'denominator' then distinct_children.children else 0 end) as bigint) as denominator,
    cast(null as bigint) as value_hundredths
from kpi_periods
inner join distinct_children
    on
        kpi_periods.population = distinct_children.population
        and kpi_periods.measure = distinct_children.measure
        and kpi_periods.basis = distinct_children.basis
        and kpi_periods.period = distinct_children.period
where kpi_periods.is_distinct
group by
    kpi_periods.kpi, kpi_periods.basis, kpi_periods.period, distinct_children.org_level, distinct_children.org
