-- The periods each KPI has a figure for: every period of the bases it declares in which its definition holds, with the slices of
-- time it is summed from and whether the loads held cover them. A stock is the position in the month of the reference date,
-- whatever the length of the period.
with
kpis as (
    select
        code as kpi,
        nature,
        status,
        cohort_window,
        window_months,
        effective_from,
        effective_to
    from {{ ref('stg_control__kpis') }}
),

kpi_periods as (
    select
        kpis.kpi,
        kpis.nature,
        kpis.status,
        kpis.cohort_window,
        kpis.window_months,
        kpi_bases.has_services,
        kpi_bases.has_teams,
        dim_period.basis,
        dim_period.period,
        dim_period.period_start,
        dim_period.period_end,
        dim_period.reference_date,
        dim_period.is_closed,
        dim_period.label,
        dim_period.previous_period,
        dim_period.first_slice,
        dim_period.reference_slice
    from kpis
    inner join {{ ref('stg_control__kpi_bases') }} as kpi_bases on kpis.kpi = kpi_bases.code
    inner join {{ ref('dim_period') }} as dim_period
        on
            kpi_bases.basis = dim_period.basis
            and dim_period.reference_date >= coalesce(kpis.effective_from, dim_period.reference_date)
            and dim_period.reference_date <= coalesce(kpis.effective_to, dim_period.reference_date)
),

-- What is summed over a period's slices, and what is read in the last one.
sides as (
    select distinct
        code as kpi,
        population,
        taken = 'position' as is_position,
        position_month
    from {{ ref('stg_control__kpi_measures') }}
    where taken <> 'looked_up'
),

sided_periods as (
    select
        sides.population,
        sides.is_position,
        kpi_periods.basis,
        kpi_periods.period,
        coalesce(kpi_periods.window_months, 0) as window_months,
        case
            when sides.is_position
                then
                    {{ kpi_position_slice(
                        'kpi_periods.basis', 'kpi_periods.period_start', 'kpi_periods.reference_slice', 'sides.position_month'
                    ) }}
        end as position_slice,
        -- what a cohort counts began when its windows did
        case
            when kpi_periods.nature = 'cohort' and kpi_periods.window_months is not null
                then {{ month_key(add_months('kpi_periods.period_start', '-kpi_periods.window_months')) }}
            else kpi_periods.first_slice
        end as first_slice,
        kpi_periods.reference_slice
    from kpi_periods
    inner join sides on kpi_periods.kpi = sides.kpi
),

-- Once for each population and period, however many KPIs count it.
population_periods as (
    select distinct
        population,
        is_position,
        window_months,
        basis,
        period,
        coalesce(position_slice, first_slice) as first_slice,
        coalesce(position_slice, reference_slice) as reference_slice
    from sided_periods
),

population_coverage as (
    select
        population_periods.population,
        population_periods.is_position,
        population_periods.window_months,
        population_periods.basis,
        population_periods.period,
        coalesce(min(case when coverage.is_covered then 1 else 0 end), 0) as is_covered
    from population_periods
    left join {{ ref('kpi_coverage') }} as coverage
        on
            population_periods.population = coverage.population
            and coverage.slice between population_periods.first_slice and population_periods.reference_slice
            and length(coverage.slice) = length(population_periods.reference_slice)
    group by
        population_periods.population,
        population_periods.is_position,
        population_periods.window_months,
        population_periods.basis,
        population_periods.period
),

kpi_coverage as (
    select
        kpi_periods.kpi,
        kpi_periods.basis,
        kpi_periods.period,
        min(population_coverage.is_covered) as is_covered
    from kpi_periods
    inner join sides on kpi_periods.kpi = sides.kpi
    inner join population_coverage
        on
            sides.population = population_coverage.population
            and sides.is_position = population_coverage.is_position
            and coalesce(kpi_periods.window_months, 0) = population_coverage.window_months
            and kpi_periods.basis = population_coverage.basis
            and kpi_periods.period = population_coverage.period
    group by kpi_periods.kpi, kpi_periods.basis, kpi_periods.period
),

-- The year of what is counted once a year is the day it is counted on, once that day has come.
positions as (
    select
        kpi,
        max(position_month) as position_month
    from sides
    where position_month is not null
    group by kpi
),

dated as (
    select
        kpi_periods.kpi,
        kpi_periods.nature,
        kpi_periods.status,
        kpi_periods.cohort_window,
        kpi_periods.window_months,
        kpi_periods.has_services,
        kpi_periods.has_teams,
        kpi_periods.basis,
        kpi_periods.period,
        kpi_periods.period_start,
        kpi_periods.period_end,
        kpi_periods.reference_date,
        kpi_periods.is_closed,
        kpi_periods.label,
        kpi_periods.previous_period,
        kpi_periods.first_slice,
        kpi_periods.reference_slice,
        case
            when kpi_periods.basis = 'Y' and positions.position_month is not null
                then
                    {{ add_days(
                        add_months(kpi_position_month_start('kpi_periods.period_start', 'positions.position_month'), 1), -1
                    ) }}
        end as position_date
    from kpi_periods
    left join positions on kpi_periods.kpi = positions.kpi
)

select
    dated.kpi,
    dated.basis,
    dated.period,
    dated.period_start,
    dated.period_end,
    least(dated.reference_date, coalesce(dated.position_date, dated.reference_date)) as reference_date,
    dated.is_closed or coalesce(dated.position_date <= dated.reference_date, false) as is_closed,
    -- A position is one of a day; of a cohort the period is when its windows close, so the label says how long they were.
    case
        when dated.nature = 'stock' or dated.position_date <= dated.reference_date
            then
                'at '
                || cast(extract(day from least(dated.reference_date, coalesce(dated.position_date, dated.reference_date))) as varchar)
                || ' ' || {{ month_label('least(dated.reference_date, coalesce(dated.position_date, dated.reference_date))') }}
        when dated.nature = 'cohort' and dated.window_months is not null
            then
                dated.label || ', of those that began '
                || {{ month_label(add_months('dated.period_start', '-dated.window_months')) }}
                || case
                    when {{ month_start('dated.period_start') }} < {{ month_start('dated.period_end') }}
                        then ' to ' || {{ month_label(add_months('dated.period_end', '-dated.window_months')) }}
                    else ''
                end
        when dated.nature = 'cohort'
            then dated.label || ', windows that closed (' || dated.cohort_window || ')'
        else dated.label
    end as label,
    dated.previous_period,
    dated.first_slice,
    dated.reference_slice,
    {{ month_key('least(dated.reference_date, coalesce(dated.position_date, dated.reference_date))') }} as reference_month,
    dated.status = 'active' and coalesce(kpi_coverage.is_covered, 1) = 1 as is_covered,
    dated.has_services,
    dated.has_teams
from dated
left join kpi_coverage
    on
        dated.kpi = kpi_coverage.kpi
        and dated.basis = kpi_coverage.basis
        and dated.period = kpi_coverage.period
