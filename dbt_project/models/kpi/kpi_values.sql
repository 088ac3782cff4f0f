-- Every KPI on every basis it declares: the catalogue's rows joined to periods and to the grid. Nothing here knows a KPI by
-- name; numerator and denominator are summed from month partials and divided last.
with
run as (
    select
        as_at,
        authority_code,
        authority_name
    from {{ ref('stg_control__run') }}
),

kpis as (
    select
        code as kpi,
        nature,
        tier,
        counts,
        calculation,
        numerator_population,
        numerator_measure,
        denominator_population,
        denominator_measure,
        reliability_population,
        reliability_measure,
        reliability_reason,
        scale,
        decimals,
        unit,
        polarity,
        min_denominator,
        items_per_person
    from {{ ref('stg_control__kpis') }}
    where status = 'active'
),

-- A stock is the position in the month of the reference date, whatever the length of the period.
periods as (
    select
        dim_period.basis,
        dim_period.period,
        dim_period.period_start,
        dim_period.period_end,
        dim_period.reference_date,
        dim_period.first_month,
        reference_days.month as reference_month,
        dim_period.is_closed
    from {{ ref('dim_period') }} as dim_period
    inner join {{ ref('dim_date') }} as reference_days on dim_period.reference_date = reference_days.date_day
),

kpi_periods as (
    select
        kpis.kpi,
        kpis.calculation,
        kpis.numerator_population,
        kpis.numerator_measure,
        kpis.denominator_population,
        kpis.denominator_measure,
        kpis.reliability_population,
        kpis.reliability_measure,
        kpis.reliability_reason,
        kpis.scale,
        kpis.decimals,
        kpis.unit,
        kpis.polarity,
        kpis.counts,
        kpis.tier,
        kpis.min_denominator,
        kpis.items_per_person,
        kpis.nature,
        periods.basis,
        periods.period,
        periods.period_start,
        periods.period_end,
        periods.reference_date,
        periods.is_closed,
        case when kpis.nature = 'stock' then periods.reference_month else periods.first_month end as first_month,
        periods.reference_month as last_month
    from kpis
    inner join {{ ref('stg_control__kpi_bases') }} as kpi_bases on kpis.kpi = kpi_bases.code
    inner join periods on kpi_bases.basis = periods.basis
),

-- Each measure once per period, however many KPIs share it. A rate's denominator is looked up further down instead.
measure_periods as (
    select
        numerator_population as population,
        numerator_measure as measure,
        basis,
        period,
        first_month,
        last_month
    from kpi_periods
    union
    select
        denominator_population,
        denominator_measure,
        basis,
        period,
        first_month,
        last_month
    from kpi_periods
    where denominator_population is not null and calculation <> 'rate'
    union
    select
        reliability_population,
        reliability_measure,
        basis,
        period,
        first_month,
        last_month
    from kpi_periods
    where reliability_population is not null
),

partials as (
    select
        population,
        month,
        org_level,
        org,
        breakdown,
        breakdown_value,
        measure,
        amount
    from {{ ref('kpi_month_partials') }}
),

period_sums as (
    select
        measure_periods.population,
        measure_periods.measure,
        measure_periods.basis,
        measure_periods.period,
        partials.org_level,
        partials.org,
        partials.breakdown,
        partials.breakdown_value,
        sum(partials.amount) as amount
    from measure_periods
    inner join partials
        on
            measure_periods.population = partials.population
            and measure_periods.measure = partials.measure
            and partials.month between measure_periods.first_month and measure_periods.last_month
    group by
        measure_periods.population,
        measure_periods.measure,
        measure_periods.basis,
        measure_periods.period,
        partials.org_level,
        partials.org,
        partials.breakdown,
        partials.breakdown_value
),

-- A period is covered when every month of it is, for numerator and denominator alike.
kpi_populations as (
    select
        kpi,
        numerator_population as population
    from kpis
    union
    select
        kpi,
        denominator_population
    from kpis
    where denominator_population is not null and calculation <> 'rate'
),

covered_periods as (
    select
        kpi_periods.kpi,
        kpi_periods.basis,
        kpi_periods.period,
        min(case when kpi_coverage.is_covered then 1 else 0 end) = 1 as is_covered
    from kpi_periods
    inner join kpi_populations on kpi_periods.kpi = kpi_populations.kpi
    inner join {{ ref('kpi_coverage') }} as kpi_coverage
        on
            kpi_populations.population = kpi_coverage.population
            and kpi_coverage.month between kpi_periods.first_month and kpi_periods.last_month
    group by kpi_periods.kpi, kpi_periods.basis, kpi_periods.period
),

-- The cells of a KPI: what its populations have ever had, on the breakdowns it declares, and always the authority's total.
population_cells as (
    select
        population,
        org_level,
        org,
        breakdown,
        breakdown_value,
        min(month) as first_month
    from partials
    group by population, org_level, org, breakdown, breakdown_value
),

kpi_cells as (
    select
        kpi_populations.kpi,
        population_cells.org_level,
        population_cells.org,
        population_cells.breakdown,
        population_cells.breakdown_value,
        -- of the organisation, whichever of its values was seen first
        min(min(population_cells.first_month)) over (
            partition by kpi_populations.kpi, population_cells.org_level, population_cells.org
        ) as first_month
    from kpi_populations
    inner join population_cells on kpi_populations.population = population_cells.population
    left join {{ ref('stg_control__kpi_breakdowns') }} as kpi_breakdowns
        on kpi_populations.kpi = kpi_breakdowns.code and population_cells.breakdown = kpi_breakdowns.breakdown
    where
        (population_cells.breakdown = 'total' or kpi_breakdowns.code is not null)
        and not (population_cells.org_level = 'authority' and population_cells.breakdown = 'total')
    group by
        kpi_populations.kpi,
        population_cells.org_level,
        population_cells.org,
        population_cells.breakdown,
        population_cells.breakdown_value
    union all
    select
        kpis.kpi,
        'authority' as org_level,
        run.authority_code as org,
        'total' as breakdown,
        'total' as breakdown_value,
        cast(null as varchar) as first_month
    from kpis
    cross join run
),

reference_dates as (
    select distinct reference_date
    from periods
),

-- The teams there are on a date, and the services they belong to. What is not mapped is no organisation.
valid_orgs as (
    select
        'team' as org_level,
        dim_team.team_code as org,
        reference_dates.reference_date
    from reference_dates
    inner join {{ ref('dim_team') }} as dim_team
        on
            reference_dates.reference_date >= dim_team.valid_from
            and reference_dates.reference_date <= {{ end_or_never('dim_team.valid_to') }}
    where dim_team.team_code <> 'unmapped'
    union
    select
        'service' as org_level,
        dim_team.service_code as org,
        reference_dates.reference_date
    from reference_dates
    inner join {{ ref('dim_team') }} as dim_team
        on
            reference_dates.reference_date >= dim_team.valid_from
            and reference_dates.reference_date <= {{ end_or_never('dim_team.valid_to') }}
    where dim_team.service_code <> 'unmapped'
),

-- Rates use the latest mid-year estimate of a day before the reference date, of those published by the as-at date.
mid_year_candidates as (
    select
        reference_dates.reference_date,
        mid_years.population,
        row_number() over (
            partition by reference_dates.reference_date
            order by mid_years.event_date desc, mid_years.published_date desc
        ) as place
    from reference_dates
    cross join run
    inner join {{ ref('measures_mid_year_population') }} as mid_years
        on
            reference_dates.reference_date > mid_years.event_date
            and run.as_at >= mid_years.published_date
),

mid_year as (
    select
        reference_date,
        population
    from mid_year_candidates
    where place = 1
),

-- A cell of a service or team stands in a period when something was counted in it, or when it had been seen by then and the
-- organisation exists at the reference date. Otherwise each one that comes later would add rows of 0 to what is published.
grid as (
    select
        kpi_periods.kpi,
        kpi_periods.calculation,
        kpi_periods.numerator_population,
        kpi_periods.numerator_measure,
        kpi_periods.denominator_population,
        kpi_periods.denominator_measure,
        kpi_periods.items_per_person,
        kpi_periods.nature,
        kpi_periods.reliability_reason,
        kpi_periods.scale,
        kpi_periods.decimals,
        kpi_periods.unit,
        kpi_periods.polarity,
        kpi_periods.counts,
        kpi_periods.tier,
        kpi_periods.min_denominator,
        kpi_periods.basis,
        kpi_periods.period,
        kpi_periods.period_start,
        kpi_periods.period_end,
        kpi_periods.reference_date,
        kpi_periods.is_closed,
        kpi_cells.org_level,
        kpi_cells.org,
        kpi_cells.breakdown,
        kpi_cells.breakdown_value,
        kpi_cells.org_level = 'authority' and kpi_cells.breakdown = 'total' as is_authority_total,
        coalesce(covered_periods.is_covered, false) as is_covered,
        coalesce(numerators.amount, 0) as numerator,
        case
            when kpi_periods.calculation in ('ratio', 'mean') then coalesce(denominators.amount, 0)
            when kpi_periods.calculation = 'rate' then mid_year.population
        end as denominator,
        coalesce(unreliable.amount, 0) as unreliable_rows
    from kpi_periods
    inner join kpi_cells on kpi_periods.kpi = kpi_cells.kpi
    left join covered_periods
        on
            kpi_periods.kpi = covered_periods.kpi
            and kpi_periods.basis = covered_periods.basis
            and kpi_periods.period = covered_periods.period
    {%- for side, joined in [('numerator', 'numerators'), ('denominator', 'denominators'), ('reliability', 'unreliable')] %}
    left join period_sums as {{ joined }}
        on
            kpi_periods.{{ side }}_population = {{ joined }}.population
            and kpi_periods.{{ side }}_measure = {{ joined }}.measure
            and kpi_periods.basis = {{ joined }}.basis
            and kpi_periods.period = {{ joined }}.period
            and kpi_cells.org_level = {{ joined }}.org_level
            and kpi_cells.org = {{ joined }}.org
            and kpi_cells.breakdown = {{ joined }}.breakdown
            and kpi_cells.breakdown_value = {{ joined }}.breakdown_value
    {%- endfor %}
    left join mid_year on kpi_periods.reference_date = mid_year.reference_date
    left join valid_orgs
        on
            kpi_cells.org_level = valid_orgs.org_level
            and kpi_cells.org = valid_orgs.org
            and kpi_periods.reference_date = valid_orgs.reference_date
    where
        (kpi_cells.org_level = 'authority' and kpi_cells.breakdown = 'total')
        or (
            covered_periods.is_covered
            and (
                kpi_cells.org_level = 'authority'
                or (valid_orgs.org is not null and kpi_cells.first_month <= kpi_periods.last_month)
                or numerators.amount <> 0
                or denominators.amount <> 0
            )
        )
),

-- One reason decides: not covered, then not applicable, then too small, then not reliable.
judged as (
    select
        kpi,
        calculation,
        numerator_population || '.' || numerator_measure as numerator_measure,
        denominator_population || '.' || denominator_measure as denominator_measure,
        items_per_person,
        nature,
        scale,
        decimals,
        unit,
        polarity,
        counts,
        tier,
        basis,
        period,
        period_start,
        period_end,
        reference_date,
        is_closed,
        org_level,
        org,
        breakdown,
        breakdown_value,
        case when is_covered then numerator end as numerator,
        case when is_covered and (calculation <> 'rate' or is_authority_total) then denominator end as denominator,
        case
            when not is_covered then 'x'
            when calculation = 'rate' and not is_authority_total then 'z'
            when calculation = 'rate' and denominator is null then 'x'
            when denominator = 0 then 'z'
            when denominator < min_denominator then 'u'
            when unreliable_rows > 0 then 'u'
            else ''
        end as status,
        case
            when not is_covered then 'not covered by source'
            when calculation = 'rate' and not is_authority_total then 'rate for the whole authority only'
            when calculation = 'rate' and denominator is null then 'no mid-year population held'
            when denominator = 0 then 'nothing to divide by'
            when denominator < min_denominator then 'fewer than ' || cast(min_denominator as varchar)
            when unreliable_rows > 0 then reliability_reason
            else ''
        end as status_reason,
        coalesce(denominator < min_denominator, false) as is_too_small
    from grid
),

valued as (
    select
        kpi,
        basis,
        period,
        period_start,
        period_end,
        reference_date,
        is_closed,
        org_level,
        org,
        breakdown,
        breakdown_value,
        numerator,
        denominator,
        case
            when status in ('x', 'z') or is_too_small then null
            when calculation = 'count' then cast(numerator as decimal(18, 4))
            else {{ round_half_up('numerator', 'denominator', 'scale', 'decimals') }}
        end as value,
        status,
        status_reason,
        unit,
        decimals,
        polarity,
        counts,
        tier,
        numerator_measure,
        denominator_measure,
        items_per_person,
        nature
    from judged
),

-- The target in force at the reference date: the authority's row for the authority, a service's own row for a service.
targets as (
    select
        kpi,
        nullif(trim(service_code), '') as service_code,
        valid_from,
        valid_to,
        target,
        target_high,
        tolerance,
        floor
    from {{ ref('stg_reference__targets') }}
),

targets_in_force as (
    select
        valued.kpi,
        valued.basis,
        valued.period,
        valued.org_level,
        valued.org,
        targets.target,
        targets.target_high,
        targets.tolerance,
        targets.floor,
        row_number() over (
            partition by valued.kpi, valued.basis, valued.period, valued.org_level, valued.org
            order by targets.valid_from desc
        ) as place
    from valued
    inner join targets
        on
            valued.kpi = targets.kpi
            and valued.reference_date >= targets.valid_from
            and valued.reference_date <= {{ end_or_never('targets.valid_to') }}
            and (
                (valued.org_level = 'authority' and targets.service_code is null)
                or (valued.org_level = 'service' and valued.org = targets.service_code)
            )
    where valued.breakdown = 'total'
),

-- Names change with reorganisations: the name at the reference date, or the latest known.
org_names as (
    select
        'service' as org_level,
        service_code as org,
        service_name as org_name,
        valid_from,
        valid_to
    from {{ ref('dim_service') }}
    union all
    select
        'team' as org_level,
        team_code as org,
        team_name as org_name,
        valid_from,
        valid_to
    from {{ ref('dim_team') }}
),

orgs_at_dates as (
    select distinct
        org_level,
        org,
        reference_date
    from valued
),

ranked_names as (
    select
        orgs_at_dates.org_level,
        orgs_at_dates.org,
        orgs_at_dates.reference_date,
        org_names.org_name,
        row_number() over (
            partition by orgs_at_dates.org_level, orgs_at_dates.org, orgs_at_dates.reference_date
            order by
                case
                    when
                        orgs_at_dates.reference_date
                        between coalesce(org_names.valid_from, orgs_at_dates.reference_date)
                        and coalesce(org_names.valid_to, orgs_at_dates.reference_date)
                        then 0
                    else 1
                end,
                org_names.valid_from desc,
                org_names.org_name asc
        ) as place
    from orgs_at_dates
    inner join org_names on orgs_at_dates.org_level = org_names.org_level and orgs_at_dates.org = org_names.org
),

named as (
    select
        org_level,
        org,
        reference_date,
        org_name
    from ranked_names
    where place = 1
)

select
    valued.kpi,
    valued.basis,
    valued.period,
    valued.period_start,
    valued.period_end,
    valued.reference_date,
    valued.org_level,
    valued.org,
    case
        when valued.org_level = 'authority' then run.authority_name
        else coalesce(named.org_name, valued.org)
    end as org_name,
    valued.breakdown,
    valued.breakdown_value,
    cast(valued.numerator as bigint) as numerator,
    cast(valued.denominator as bigint) as denominator,
    cast(valued.value as decimal(18, 4)) as value,
    valued.status,
    valued.status_reason,
    case when valued.is_closed then '' else 'p' end as revision,
    cast(targets_in_force.target as decimal(18, 4)) as target,
    cast(targets_in_force.target_high as decimal(18, 4)) as target_high,
    cast(targets_in_force.tolerance as decimal(18, 4)) as tolerance,
    cast(targets_in_force.floor as decimal(18, 4)) as floor,
    {{ kpi_rag(
        'valued.value',
        'targets_in_force.target',
        'targets_in_force.target_high',
        'targets_in_force.tolerance',
        'valued.polarity',
        "valued.tier < 3 and valued.status = ''",
    ) }} as rag,
    valued.unit,
    cast(valued.decimals as integer) as decimals,
    valued.polarity,
    valued.counts,
    valued.numerator_measure,
    valued.denominator_measure,
    cast(valued.items_per_person as integer) as items_per_person,
    valued.nature
from valued
cross join run
left join targets_in_force
    on
        valued.kpi = targets_in_force.kpi
        and valued.basis = targets_in_force.basis
        and valued.period = targets_in_force.period
        and valued.org_level = targets_in_force.org_level
        and valued.org = targets_in_force.org
        and valued.breakdown = 'total'
        and targets_in_force.place = 1
left join named
    on
        valued.org_level = named.org_level
        and valued.org = named.org
        and valued.reference_date = named.reference_date
