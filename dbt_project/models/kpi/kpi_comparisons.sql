-- The authority's totals beside what they may be compared with: published series of the same year where there is one, else of the
-- latest year before, the same figure a year earlier, and the target. `caution` says whatever keeps the two from being like for
-- like; a month is never set beside a year end without it.
with
totals as (
    select
        kpi_values.kpi,
        kpi_values.basis,
        kpi_values.period,
        kpi_values.period_end,
        kpi_values.reference_date,
        kpi_values.label,
        kpi_values.numerator,
        kpi_values.value,
        kpi_values.status,
        kpi_values.revision,
        kpi_values.target,
        kpi_values.unit
    from {{ ref('kpi_values') }} as kpi_values
    where kpi_values.org_level = 'authority' and kpi_values.breakdown = 'total' and kpi_values.value is not null
),

published as (
    select
        comparators.kpi,
        comparators.series,
        comparators.comparator,
        comparators.geography,
        comparators.period,
        comparators.value,
        comparators.status,
        comparators.places,
        comparators.note,
        comparators.source,
        coalesce(
            years.period_end,
            case
                when comparators.period like '%-AY' then cast(cast(comparators.year as varchar) || '-08-31' as date)
                when comparators.period like '%-CY' then cast(cast(comparators.year as varchar) || '-12-31' as date)
                else cast(cast(comparators.year as varchar) || '-03-31' as date)
            end
        ) as period_end
    from {{ ref('kpi_comparators') }} as comparators
    left join {{ ref('dim_period') }} as years
        on comparators.period = years.period and years.basis in ('Y', 'AY', 'CY')
),

-- Of each series the same year, or the latest that had ended by the reference date.
candidates as (
    select
        totals.kpi,
        totals.basis,
        totals.period,
        published.series,
        published.comparator,
        published.geography,
        published.period as comparator_period,
        published.value as comparator_value,
        published.status as comparator_status,
        published.places,
        published.note,
        published.source,
        published.period = totals.period as is_same_period,
        row_number() over (
            partition by totals.kpi, totals.basis, totals.period, published.series, published.comparator
            order by published.period_end desc
        ) as place
    from totals
    inner join published
        on
            totals.kpi = published.kpi
            and greatest(totals.reference_date, totals.period_end) >= published.period_end
            and (totals.period = published.period or totals.reference_date >= published.period_end)
),

beside as (
    select
        kpi,
        basis,
        period,
        series,
        comparator,
        geography,
        comparator_period,
        comparator_value,
        comparator_status,
        places,
        source,
        is_same_period,
        note
    from candidates
    where place = 1
    union all
    select
        totals.kpi,
        totals.basis,
        totals.period,
        cast(0 as integer) as series,
        'last year' as comparator,
        'the authority' as geography,
        earlier.period as comparator_period,
        earlier.value as comparator_value,
        earlier.status as comparator_status,
        cast(1 as integer) as places,
        'this warehouse' as source,
        true as is_same_period,
        '' as note
    from totals
    inner join totals as earlier
        on
            totals.kpi = earlier.kpi
            and totals.basis = earlier.basis
            and {{ months_between('earlier.period_end', 'totals.period_end') }} = 12
            and totals.basis not in ('W', 'T')
    union all
    select
        kpi,
        basis,
        period,
        cast(0 as integer) as series,
        'target' as comparator,
        'the authority' as geography,
        period as comparator_period,
        target as comparator_value,
        '' as comparator_status,
        cast(1 as integer) as places,
        'targets' as source,
        true as is_same_period,
        '' as note
    from totals
    where target is not null
)

select
    totals.kpi,
    totals.basis,
    totals.period,
    totals.label,
    totals.value,
    totals.status,
    totals.revision,
    totals.unit,
    beside.comparator,
    beside.series,
    beside.geography,
    beside.comparator_period,
    beside.comparator_value,
    beside.comparator_status,
    beside.places,
    beside.source,
    cast(totals.value - beside.comparator_value as decimal(18, 4)) as difference,
    beside.is_same_period,
    trim(
        case
            when beside.is_same_period and totals.revision = 'p' then 'Our period is not closed. '
            when beside.is_same_period then ''
            when totals.basis in ('Y', 'AY', 'CY')
                then 'Published for ' || beside.comparator_period || ', the latest year there is. '
            else 'Published for the year ' || beside.comparator_period || '; ours is a live figure (' || totals.label || '). '
        end
        || case beside.comparator_status
            when 'p' then 'The published figure is provisional. '
            when 'r' then 'The published figure was revised. '
            when 'e' then 'The published figure is an estimate. '
            else ''
        end
        || beside.note
    ) as caution
from beside
inner join totals
    on beside.kpi = totals.kpi and beside.basis = totals.basis and beside.period = totals.period
