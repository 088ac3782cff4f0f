-- Every KPI on every basis it declares: the catalogue's rows joined to periods and to the grid. Nothing here knows a KPI by
-- name; numerator and denominator are sums, divided last in one macro.
with
run as (
    select
        as_at,
        authority_code,
        authority_name,
        minimum_n
    from {{ ref('stg_control__run') }}
),

kpis as (
    select
        kpis.code as kpi,
        kpis.nature,
        kpis.tier,
        kpis.counts,
        kpis.calculation,
        kpis.numerator_measure,
        kpis.denominator_measure,
        kpis.reliability_reason,
        kpis.scale,
        kpis.divisor,
        kpis.decimals,
        kpis.unit,
        kpis.polarity,
        -- a percentage of too few is a count in disguise
        coalesce(
            kpis.min_denominator, case when kpis.unit = '%' and kpis.calculation in ('ratio', 'share') then run.minimum_n end
        ) as min_denominator,
        kpis.calculation in ('ratio', 'share', 'mean') as is_divided,
        -- ten days of a month are neither fewer nor better than the whole one before
        kpis.nature = 'flow' and kpis.calculation in ('count', 'rate') as grows_with_time,
        kpis.items_per_person,
        kpis.tells_breaches,
        kpis.status,
        kpis.missing_extract
    from {{ ref('stg_control__kpis') }} as kpis
    cross join run
),

gaps_told as (
    select
        code as kpi,
        max(case when side = 'recording_gap' then 1 else 0 end) = 1 as tells_gaps,
        max(case when side = 'not_yet_due' then 1 else 0 end) = 1 as tells_not_yet_due
    from {{ ref('stg_control__kpi_measures') }}
    group by code
),

kpi_periods as (
    select
        kpi,
        basis,
        period,
        reference_date,
        reference_month,
        is_covered,
        has_services,
        has_teams
    from {{ ref('kpi_periods') }}
),

-- The cells of a KPI: what its populations have ever had, on the breakdowns it declares, and always the authority's total.
population_cells as (
    select
        population,
        org_level,
        org,
        breakdown,
        breakdown_value,
        min(slice) as first_month
    from {{ ref('kpi_partials') }}
    where slice not like '%W%'
    group by population, org_level, org, breakdown, breakdown_value
),

kpi_populations as (
    select distinct
        kpi_measures.code as kpi,
        kpi_measures.population
    from {{ ref('stg_control__kpi_measures') }} as kpi_measures
    where kpi_measures.side in ('numerator', 'denominator')
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
    from kpi_periods
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

amounts as (
    select
        kpi,
        basis,
        period,
        org_level,
        org,
        breakdown,
        breakdown_value,
        numerator,
        denominator,
        unreliable_rows,
        recording_gaps,
        not_yet_due,
        value_numerator,
        value_denominator,
        is_approved
    from {{ ref('kpi_amounts') }}
),

-- The whole that the parts of a share are parts of: what the organisation's total is divided by.
wholes as (
    select
        amounts.kpi,
        amounts.basis,
        amounts.period,
        amounts.org_level,
        amounts.org,
        amounts.denominator as whole
    from amounts
    inner join kpis on amounts.kpi = kpis.kpi and kpis.calculation = 'share'
    where amounts.breakdown = 'total'
),

-- A cell of a service or team stands in a period when something was counted in it, or when it had been seen by then and the
-- organisation exists at the reference date. Otherwise each one that comes later would add rows of 0 to what is published.
-- What an organisation or a value supplied has no line for stays out: nothing supplied is not 0.
grid as (
    select
        kpi_periods.kpi,
        kpi_periods.basis,
        kpi_periods.period,
        kpi_periods.reference_date,
        kpi_periods.is_covered,
        kpi_cells.org_level,
        kpi_cells.org,
        kpi_cells.breakdown,
        kpi_cells.breakdown_value,
        kpi_cells.org_level = 'authority' and kpi_cells.breakdown = 'total' as is_authority_total
    from kpi_periods
    inner join kpi_cells on kpi_periods.kpi = kpi_cells.kpi
    left join valid_orgs
        on
            kpi_cells.org_level = valid_orgs.org_level
            and kpi_cells.org = valid_orgs.org
            and kpi_periods.reference_date = valid_orgs.reference_date
    where
        (kpi_cells.org_level = 'authority' and kpi_cells.breakdown = 'total')
        or (
            kpi_periods.is_covered
            and (
                kpi_cells.org_level = 'authority'
                or (valid_orgs.org is not null and kpi_cells.first_month <= kpi_periods.reference_month)
            )
            and (kpi_periods.has_teams or kpi_cells.org_level <> 'team')
            and (kpi_periods.has_services or kpi_cells.org_level <> 'service')
        )
    union
    select
        amounts.kpi,
        amounts.basis,
        amounts.period,
        kpi_periods.reference_date,
        kpi_periods.is_covered,
        amounts.org_level,
        amounts.org,
        amounts.breakdown,
        amounts.breakdown_value,
        false as is_authority_total
    from amounts
    inner join kpi_periods
        on amounts.kpi = kpi_periods.kpi and amounts.basis = kpi_periods.basis and amounts.period = kpi_periods.period
    where
        (amounts.org_level = 'service' and kpi_periods.has_services)
        or (amounts.org_level = 'team' and kpi_periods.has_teams)
),

counted as (
    select
        grid.kpi,
        grid.basis,
        grid.period,
        grid.reference_date,
        grid.is_covered,
        grid.org_level,
        grid.org,
        grid.breakdown,
        grid.breakdown_value,
        grid.is_authority_total,
        kpis.calculation,
        kpis.scale,
        kpis.divisor,
        kpis.decimals,
        kpis.polarity,
        kpis.min_denominator,
        kpis.reliability_reason,
        kpis.status as kpi_status,
        kpis.missing_extract,
        kpis.tells_breaches,
        amounts.kpi is not null as has_amounts,
        coalesce(amounts.is_approved, true) as is_approved,
        case
            when kpis.calculation in ('count', 'ratio', 'share', 'rate', 'mean') then coalesce(amounts.numerator, 0)
            else amounts.numerator
        end as numerator,
        case
            when kpis.calculation = 'share' then coalesce(wholes.whole, 0)
            when kpis.is_divided then coalesce(amounts.denominator, 0)
            when kpis.calculation = 'rate' then mid_year.population
            when kpis.calculation = 'supplied' then amounts.denominator
            when kpis.calculation <> 'count' then coalesce(amounts.denominator, 0)
        end as denominator,
        coalesce(amounts.unreliable_rows, 0) as unreliable_rows,
        case when gaps_told.tells_gaps then coalesce(amounts.recording_gaps, 0) end as recording_gaps,
        case when gaps_told.tells_not_yet_due then coalesce(amounts.not_yet_due, 0) end as not_yet_due,
        amounts.value_numerator,
        amounts.value_denominator,
        -- a flow is told per 10,000 of a year, and of nothing shorter
        kpis.calculation = 'rate' and kpis.nature = 'flow' and grid.basis not in ('R12', 'Y', 'AY', 'CY') as is_rate_of_less_than_a_year
    from grid
    inner join kpis on grid.kpi = kpis.kpi
    left join gaps_told on grid.kpi = gaps_told.kpi
    left join amounts
        on
            grid.kpi = amounts.kpi
            and grid.basis = amounts.basis
            and grid.period = amounts.period
            and grid.org_level = amounts.org_level
            and grid.org = amounts.org
            and grid.breakdown = amounts.breakdown
            and grid.breakdown_value = amounts.breakdown_value
    left join wholes
        on
            grid.kpi = wholes.kpi
            and grid.basis = wholes.basis
            and grid.period = wholes.period
            and grid.org_level = wholes.org_level
            and grid.org = wholes.org
    left join mid_year on grid.reference_date = mid_year.reference_date
),

-- One reason decides: not available, then not covered, then not applicable, then too small, then not reliable.
reasoned as (
    select
        kpi,
        basis,
        period,
        reference_date,
        org_level,
        org,
        breakdown,
        breakdown_value,
        calculation,
        scale,
        divisor,
        decimals,
        polarity,
        tells_breaches,
        is_covered,
        is_approved and (has_amounts or calculation <> 'supplied') as is_told,
        case when is_covered and is_approved then numerator end as numerator,
        case when is_covered and is_approved and (calculation <> 'rate' or is_authority_total) then denominator end as denominator,
        case when is_covered then recording_gaps end as recording_gaps,
        case when is_covered then not_yet_due end as not_yet_due,
        coalesce(value_numerator, numerator) as value_numerator,
        coalesce(value_denominator, case when calculation = 'count' then divisor else denominator end) as value_denominator,
        case
            when kpi_status = 'not_available' then 'not available: ' || missing_extract
            when not is_covered then 'not covered by source'
            when calculation = 'supplied' and not has_amounts then 'not supplied'
            when calculation = 'supplied' and not is_approved then 'supplied, waits for approval'
            when calculation = 'rate' and not is_authority_total then 'rate for the whole authority only'
            -- items of which an assessment has several are no part of it: only their parts say something
            when calculation = 'share' and breakdown = 'total' and numerator > denominator then 'told by the values of its breakdown'
            when calculation = 'rate' and denominator is null then 'no mid-year population held'
            when is_rate_of_less_than_a_year then 'a rate is told of a year: here the count'
            when denominator = 0 then 'nothing to divide by'
            when denominator < min_denominator then 'fewer than ' || cast(min_denominator as varchar)
            when value_denominator = 0 then 'no variation'
            when unreliable_rows > 0 then reliability_reason
            else ''
        end as status_reason,
        reliability_reason,
        unreliable_rows
    from counted
),

valued as (
    select
        kpi,
        basis,
        period,
        reference_date,
        org_level,
        org,
        breakdown,
        breakdown_value,
        numerator,
        denominator,
        recording_gaps,
        not_yet_due,
        case
            when tells_breaches and polarity = 'L' then numerator
            when tells_breaches then denominator - numerator - recording_gaps
        end as breaches,
        case
            when status_reason = '' or (unreliable_rows > 0 and status_reason = reliability_reason)
                then {{ round_half_up('value_numerator', 'value_denominator', 'scale', 'decimals') }}
        end as value,
        case
            when status_reason = '' then ''
            when not is_covered or not is_told or status_reason = 'no mid-year population held' then 'x'
            when
                status_reason in (
                    'rate for the whole authority only',
                    'told by the values of its breakdown',
                    'a rate is told of a year: here the count',
                    'nothing to divide by',
                    'no variation'
                )
                then 'z'
            else 'u'
        end as status,
        status_reason,
        case
            when breakdown <> 'total' then null
            when org_level = 'authority' then ''
            when org_level = 'service' then org
        end as target_org
    from reasoned
),

ranked_targets as (
    select
        dated.kpi,
        dated.reference_date,
        coalesce(trim(targets.service_code), '') as target_org,
        targets.target,
        targets.target_high,
        targets.tolerance,
        targets.floor,
        row_number() over (
            partition by dated.kpi, dated.reference_date, coalesce(trim(targets.service_code), '')
            order by targets.valid_from desc
        ) as place
    from (
        select distinct
            kpi,
            reference_date
        from kpi_periods
    ) as dated
    inner join {{ ref('stg_reference__targets') }} as targets
        on
            dated.kpi = targets.kpi
            and dated.reference_date >= targets.valid_from
            and dated.reference_date <= {{ end_or_never('targets.valid_to') }}
),

-- The target in force at the reference date: the authority's row for the authority, a service's own row for a service.
targets_in_force as (
    select
        kpi,
        reference_date,
        target_org,
        target,
        target_high,
        tolerance,
        floor
    from ranked_targets
    where place = 1
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

ranked_names as (
    select
        reference_dates.reference_date,
        org_names.org_level,
        org_names.org,
        org_names.org_name,
        row_number() over (
            partition by org_names.org_level, org_names.org, reference_dates.reference_date
            order by
                case
                    when
                        reference_dates.reference_date
                        between coalesce(org_names.valid_from, reference_dates.reference_date)
                        and coalesce(org_names.valid_to, reference_dates.reference_date)
                        then 0
                    else 1
                end,
                org_names.valid_from desc,
                org_names.org_name asc
        ) as place
    from reference_dates
    cross join org_names
),

names_in_force as (
    select
        reference_date,
        org_level,
        org,
        org_name
    from ranked_names
    where place = 1
),

-- Direction of travel of the totals: the same figure one period earlier, read by the polarity. Towards a range is better.
previous_totals as (
    select
        periods.kpi,
        periods.basis,
        periods.period,
        valued.org_level,
        valued.org,
        valued.breakdown,
        valued.value
    from {{ ref('kpi_periods') }} as periods
    inner join valued
        on periods.kpi = valued.kpi and periods.basis = valued.basis and periods.previous_period = valued.period
    where valued.breakdown = 'total' and valued.status = ''
)

select
    valued.kpi,
    valued.basis,
    valued.period,
    periods.period_start,
    periods.period_end,
    valued.reference_date,
    valued.org_level,
    valued.org,
    case
        when valued.org_level = 'authority' then run.authority_name
        else coalesce(names_in_force.org_name, valued.org)
    end as org_name,
    valued.breakdown,
    valued.breakdown_value,
    cast(valued.numerator as bigint) as numerator,
    cast(valued.denominator as bigint) as denominator,
    cast(valued.value as decimal(18, 4)) as value,
    valued.status,
    valued.status_reason,
    case when periods.is_closed then '' else 'p' end as revision,
    cast(targets_in_force.target as decimal(18, 4)) as target,
    cast(targets_in_force.target_high as decimal(18, 4)) as target_high,
    cast(targets_in_force.tolerance as decimal(18, 4)) as tolerance,
    cast(targets_in_force.floor as decimal(18, 4)) as floor,
    {{ kpi_rag(
        'valued.value',
        'targets_in_force.target',
        'targets_in_force.target_high',
        'targets_in_force.tolerance',
        'kpis.polarity',
        "kpis.tier < 3 and valued.status = '' and (periods.is_closed or not kpis.grows_with_time)",
    ) }} as rag,
    kpis.unit,
    cast(kpis.decimals as integer) as decimals,
    kpis.polarity,
    kpis.counts,
    coalesce(kpis.numerator_measure, valued.kpi) as numerator_measure,
    kpis.denominator_measure,
    cast(kpis.items_per_person as integer) as items_per_person,
    kpis.nature,
    periods.label,
    cast(valued.breaches as bigint) as breaches,
    cast(valued.recording_gaps as bigint) as recording_gaps,
    cast(valued.not_yet_due as bigint) as not_yet_due,
    periods.previous_period,
    cast(previous_totals.value as decimal(18, 4)) as previous_value,
    {{ kpi_direction(
        'valued.value',
        'previous_totals.value',
        'targets_in_force.target',
        'targets_in_force.target_high',
        'kpis.polarity',
        "valued.status = '' and (periods.is_closed or not kpis.grows_with_time)",
    ) }} as direction
from valued
cross join run
inner join kpis on valued.kpi = kpis.kpi
inner join {{ ref('kpi_periods') }} as periods
    on valued.kpi = periods.kpi and valued.basis = periods.basis and valued.period = periods.period
left join targets_in_force
    on
        valued.kpi = targets_in_force.kpi
        and valued.reference_date = targets_in_force.reference_date
        and valued.target_org = targets_in_force.target_org
left join names_in_force
    on
        valued.org_level = names_in_force.org_level
        and valued.org = names_in_force.org
        and valued.reference_date = names_in_force.reference_date
left join previous_totals
    on
        valued.kpi = previous_totals.kpi
        and valued.basis = previous_totals.basis
        and valued.period = previous_totals.period
        and valued.org_level = previous_totals.org_level
        and valued.org = previous_totals.org
        and valued.breakdown = previous_totals.breakdown
