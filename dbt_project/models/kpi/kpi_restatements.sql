-- Where today's figures differ from what was published: which, by how much and why. A suppressed figure tells nothing to compare.
-- The definition is another when its hash is; more items than then came late; anything else was corrected.
with
frozen as (
    select
        dataset,
        release_period,
        version,
        published_as_at,
        definition_hash,
        kpi,
        basis,
        reference_date,
        org_level,
        org,
        numerator,
        denominator,
        value,
        status
    from {{ ref('stg_control__published_figures') }}
    where coalesce(status, '') <> 'c'
),

figures as (
    select
        kpi_values.kpi,
        kpi_values.basis,
        kpi_values.period,
        kpi_values.reference_date,
        kpi_values.org_level,
        kpi_values.org,
        kpi_values.org_name,
        kpi_values.numerator,
        kpi_values.denominator,
        kpi_values.value,
        kpi_values.status,
        kpi_values.decimals,
        kpis.definition_hash,
        kpis.calculation
    from {{ ref('kpi_values') }} as kpi_values
    inner join {{ ref('stg_control__kpis') }} as kpis on kpi_values.kpi = kpis.code
    where kpi_values.breakdown = 'total'
),

compared as (
    select
        frozen.dataset,
        frozen.release_period,
        frozen.version,
        frozen.published_as_at,
        frozen.kpi,
        frozen.basis,
        figures.period,
        frozen.reference_date,
        frozen.org_level,
        frozen.org,
        frozen.numerator as published_numerator,
        frozen.denominator as published_denominator,
        frozen.value as published_value,
        frozen.status as published_status,
        figures.numerator,
        figures.denominator,
        figures.value,
        figures.status,
        case
            when figures.kpi is null then 'no longer in the catalogue or the grid'
            when figures.definition_hash <> frozen.definition_hash then 'definition change'
            when figures.status = 'x' and coalesce(frozen.status, '') <> 'x' then 'no longer covered by source'
            when coalesce(frozen.status, '') = 'x' then 'covered since'
            when
                coalesce(figures.denominator, figures.numerator) > coalesce(frozen.denominator, frozen.numerator)
                and figures.calculation <> 'rate'
                then 'late entry'
            when figures.calculation = 'rate' and figures.numerator > frozen.numerator then 'late entry'
            else 'correction'
        end as reason
    from frozen
    left join figures
        on
            frozen.kpi = figures.kpi
            and frozen.basis = figures.basis
            and frozen.reference_date = figures.reference_date
            and frozen.org_level = figures.org_level
            and frozen.org = figures.org
    where
        figures.kpi is null
        or coalesce(figures.numerator, -1) <> coalesce(frozen.numerator, -1)
        or coalesce(figures.denominator, -1) <> coalesce(frozen.denominator, -1)
        -- too few to give a percentage is a rule of showing, not another figure
        or (
            coalesce(figures.value, -1) <> coalesce(frozen.value, -1)
            and figures.status <> 'u'
            and coalesce(frozen.status, '') <> 'u'
        )
)

select
    dataset,
    release_period,
    version,
    published_as_at,
    kpi,
    basis,
    period,
    reference_date,
    org_level,
    org,
    published_numerator,
    published_denominator,
    published_value,
    published_status,
    numerator,
    denominator,
    value,
    status,
    cast(value - published_value as decimal(18, 4)) as difference,
    reason
from compared
