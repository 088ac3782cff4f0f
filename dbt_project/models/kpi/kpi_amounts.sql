{%- set summed_sides = [
    'numerator', 'denominator', 'reliability', 'recording_gap', 'not_yet_due',
    'first_rating', 'second_rating', 'first_squared', 'second_squared', 'product',
] -%}
-- What is counted in every cell of every KPI and period: sums of the slices, figures made from rows, largest differences, supplied
-- values. Sparse: a cell without anything has no line. `value_numerator` over `value_denominator` is the value where it is not
-- numerator over denominator.
with
kpis as (
    select
        code as kpi,
        calculation,
        is_distinct,
        scale
    from {{ ref('stg_control__kpis') }}
    where status = 'active'
),

kpi_periods as (
    select
        kpi,
        basis,
        period,
        period_start,
        first_slice,
        reference_slice,
        {{ months_between('period_start', 'reference_date') }} + 1 as months_in_period
    from {{ ref('kpi_periods') }}
    where is_covered
),

-- What is made from rows has no sums here, but for what it is divided by when that is no children (the mean caseload), and its gaps.
sides as (
    select
        kpi_measures.code as kpi,
        kpi_measures.side,
        kpi_measures.population,
        kpi_measures.measure,
        kpi_measures.taken,
        kpi_measures.position_month
    from {{ ref('stg_control__kpi_measures') }} as kpi_measures
    inner join kpis on kpi_measures.code = kpis.kpi
    where
        kpi_measures.taken <> 'looked_up'
        and kpis.calculation <> 'max_difference'
        and (
            kpi_measures.side in ('reliability', 'recording_gap', 'not_yet_due')
            or (
                kpis.calculation not in ('median', 'percentile')
                and (not kpis.is_distinct or kpi_measures.taken = 'average')
            )
        )
),

sided_periods as (
    select
        sides.population,
        sides.measure,
        sides.taken,
        kpi_periods.basis,
        kpi_periods.period,
        kpi_periods.first_slice,
        kpi_periods.reference_slice,
        kpi_periods.months_in_period,
        case
            when sides.taken = 'position'
                then
                    {{ kpi_position_slice(
                        'kpi_periods.basis', 'kpi_periods.period_start', 'kpi_periods.reference_slice', 'sides.position_month'
                    ) }}
        end as position_slice
    from kpi_periods
    inner join sides on kpi_periods.kpi = sides.kpi
),

-- Each measure once per period, however many KPIs share it.
measure_periods as (
    select distinct
        population,
        measure,
        taken,
        basis,
        period,
        coalesce(position_slice, first_slice) as first_slice,
        coalesce(position_slice, reference_slice) as reference_slice,
        months_in_period
    from sided_periods
),

period_sums as (
    select
        measure_periods.population,
        measure_periods.measure,
        measure_periods.taken,
        measure_periods.basis,
        measure_periods.period,
        partials.org_level,
        partials.org,
        partials.breakdown,
        partials.breakdown_value,
        case
            when measure_periods.taken = 'average'
                then {{ round_half_up('sum(partials.amount)', 'max(measure_periods.months_in_period)', 1, 0) }}
            else sum(partials.amount)
        end as amount
    from measure_periods
    inner join {{ ref('kpi_partials') }} as partials
        on
            measure_periods.population = partials.population
            and measure_periods.measure = partials.measure
            and partials.slice between measure_periods.first_slice and measure_periods.reference_slice
            and length(partials.slice) = length(measure_periods.reference_slice)
    group by
        measure_periods.population,
        measure_periods.measure,
        measure_periods.taken,
        measure_periods.basis,
        measure_periods.period,
        partials.org_level,
        partials.org,
        partials.breakdown,
        partials.breakdown_value
),

summed as (
    select
        kpi_periods.kpi,
        kpi_periods.basis,
        kpi_periods.period,
        period_sums.org_level,
        period_sums.org,
        period_sums.breakdown,
        period_sums.breakdown_value,
        {%- for side in summed_sides %}
        sum(case when sides.side = '{{ side }}' then period_sums.amount else 0 end) as {{ side }}
        {%- if not loop.last %}, {% endif %}
        {%- endfor %}
    from kpi_periods
    inner join sides on kpi_periods.kpi = sides.kpi
    inner join period_sums
        on
            sides.population = period_sums.population
            and sides.measure = period_sums.measure
            and sides.taken = period_sums.taken
            and kpi_periods.basis = period_sums.basis
            and kpi_periods.period = period_sums.period
    left join {{ ref('stg_control__kpi_breakdowns') }} as kpi_breakdowns
        on sides.kpi = kpi_breakdowns.code and period_sums.breakdown = kpi_breakdowns.breakdown
    where period_sums.breakdown = 'total' or kpi_breakdowns.code is not null
    group by
        kpi_periods.kpi,
        kpi_periods.basis,
        kpi_periods.period,
        period_sums.org_level,
        period_sums.org,
        period_sums.breakdown,
        period_sums.breakdown_value
),

supplied as (
    select
        kpi_periods.kpi,
        kpi_periods.basis,
        kpi_periods.period,
        case when nullif(trim(supplied_values.service_code), '') is null then 'authority' else 'service' end as org_level,
        coalesce(nullif(trim(supplied_values.service_code), ''), run.authority_code) as org,
        supplied_values.numerator,
        supplied_values.denominator,
        supplied_values.value,
        kpis.scale,
        coalesce(supplied_values.approved_date <= run.as_at, false) as is_approved
    from {{ ref('stg_reference__supplied_values') }} as supplied_values
    cross join {{ ref('stg_control__run') }} as run
    inner join kpis on supplied_values.kpi = kpis.kpi and kpis.calculation = 'supplied'
    inner join kpi_periods on kpis.kpi = kpi_periods.kpi and trim(supplied_values.supplied_period) = kpi_periods.period
    where supplied_values.supplied_date <= run.as_at
)

-- Quadratic weighted kappa is 1 - sum of squared differences observed / expected by chance; both are sums of the ratings, their
-- squares and their products, so it is exact: 2 (n sum(ab) - sum(a) sum(b)) over n (sum(aa) + sum(bb)) - 2 sum(a) sum(b).
select
    summed.kpi,
    summed.basis,
    summed.period,
    summed.org_level,
    summed.org,
    summed.breakdown,
    summed.breakdown_value,
    cast(case when kpis.calculation = 'kappa' then null else summed.numerator end as bigint) as numerator,
    cast(case when kpis.calculation = 'kappa' then summed.numerator else summed.denominator end as bigint) as denominator,
    cast(summed.reliability as bigint) as unreliable_rows,
    cast(summed.recording_gap as bigint) as recording_gaps,
    cast(summed.not_yet_due as bigint) as not_yet_due,
    cast(
        case
            when kpis.calculation = 'kappa'
                then 2 * (summed.numerator * summed.product - summed.first_rating * summed.second_rating)
        end as bigint
    ) as value_numerator,
    cast(
        case
            when kpis.calculation = 'kappa'
                then
                    summed.numerator * (summed.first_squared + summed.second_squared)
                    - 2 * summed.first_rating * summed.second_rating
        end as bigint
    ) as value_denominator,
    true as is_approved
from summed
inner join kpis on summed.kpi = kpis.kpi
where not kpis.is_distinct and kpis.calculation not in ('median', 'percentile')
union all
select
    row_figures.kpi,
    row_figures.basis,
    row_figures.period,
    row_figures.org_level,
    row_figures.org,
    'total' as breakdown,
    'total' as breakdown_value,
    row_figures.numerator,
    -- children, or the mean of a stock: one of the two is nothing
    cast(coalesce(row_figures.denominator, 0) + coalesce(summed.denominator, 0) as bigint) as denominator,
    cast(coalesce(summed.reliability, 0) as bigint) as unreliable_rows,
    cast(coalesce(summed.recording_gap, 0) as bigint) as recording_gaps,
    cast(coalesce(summed.not_yet_due, 0) as bigint) as not_yet_due,
    row_figures.value_hundredths as value_numerator,
    cast(case when row_figures.value_hundredths is not null then 100 end as bigint) as value_denominator,
    true as is_approved
from {{ ref('kpi_row_figures') }} as row_figures
inner join kpis on row_figures.kpi = kpis.kpi
left join summed
    on
        row_figures.kpi = summed.kpi
        and row_figures.basis = summed.basis
        and row_figures.period = summed.period
        and row_figures.org_level = summed.org_level
        and row_figures.org = summed.org
        and summed.breakdown = 'total'
union all
select
    representativeness.kpi,
    representativeness.basis,
    representativeness.period,
    representativeness.org_level,
    representativeness.org,
    'total' as breakdown,
    'total' as breakdown_value,
    cast(null as bigint) as numerator,
    representativeness.n as denominator,
    cast(0 as bigint) as unreliable_rows,
    cast(0 as bigint) as recording_gaps,
    cast(0 as bigint) as not_yet_due,
    cast(representativeness.value * 10000 as bigint) as value_numerator,
    cast(10000 * kpis.scale as bigint) as value_denominator,
    true as is_approved
from {{ ref('kpi_representativeness') }} as representativeness
inner join kpis on representativeness.kpi = kpis.kpi
inner join kpi_periods
    on
        representativeness.kpi = kpi_periods.kpi
        and representativeness.basis = kpi_periods.basis
        and representativeness.period = kpi_periods.period
union all
-- A value supplied as such is kept to its fourth decimal; the scale cancels, so that every value is divided in one place.
select
    kpi,
    basis,
    period,
    org_level,
    org,
    'total' as breakdown,
    'total' as breakdown_value,
    cast(numerator as bigint) as numerator,
    cast(denominator as bigint) as denominator,
    cast(0 as bigint) as unreliable_rows,
    cast(0 as bigint) as recording_gaps,
    cast(0 as bigint) as not_yet_due,
    cast(case when value is not null then value * 10000 when denominator is null then numerator * 10000 else numerator * 100 end as bigint)
        as value_numerator,
    cast(case when value is not null then 10000 * scale when denominator is null then 10000 else denominator * 100 end as bigint)
        as value_denominator,
    is_approved
from supplied
