-- Every service and team beside the authority's proportion of the same period, with the limits within which a figure made of so
-- many would stay by chance: a small team far from the centre may say less than a large one near it.
with

proportions as (
    select code as kpi
    from {{ ref('stg_control__kpis') }}
    where is_proportion
),

recent as (
    select
        kpi_values.kpi,
        kpi_values.basis,
        kpi_values.period,
        kpi_values.period_start,
        kpi_values.period_end,
        kpi_values.reference_date,
        kpi_values.org_level,
        kpi_values.org,
        kpi_values.decimals,
        kpi_values.polarity,
        kpi_values.nature,
        cast(kpi_values.numerator as bigint) as numerator,
        cast(kpi_values.denominator as bigint) as denominator
    from {{ ref('kpi_values') }} as kpi_values
    inner join proportions on kpi_values.kpi = proportions.kpi
    cross join {{ ref('stg_control__run') }} as run
    where
        kpi_values.breakdown = 'total'
        and kpi_values.basis in ('SNAP', 'Q', 'Y', 'R12')
        and kpi_values.value is not null
        and kpi_values.numerator >= 0
        and kpi_values.denominator >= greatest(kpi_values.numerator, 1)
        and kpi_values.period_end > {{ add_months('run.as_at', -24) }}
),

beside_the_authority as (
    select
        organisations.kpi,
        organisations.basis,
        organisations.period,
        organisations.period_start,
        organisations.period_end,
        organisations.reference_date,
        organisations.org_level,
        organisations.org,
        organisations.decimals,
        organisations.polarity,
        organisations.nature,
        organisations.numerator,
        organisations.denominator,
        {{ from_ten_thousandths(whole_half_up('(1000000 * organisations.numerator)', 'organisations.denominator')) }} as proportion,
        {{ from_ten_thousandths(whole_half_up('(1000000 * authorities.numerator)', 'authorities.denominator')) }} as centre,
        1.0 * authorities.numerator / authorities.denominator as share
    from recent as organisations
    inner join recent as authorities
        on
            organisations.kpi = authorities.kpi
            and organisations.basis = authorities.basis
            and organisations.period = authorities.period
    where organisations.org_level in ('service', 'team') and authorities.org_level = 'authority'
),

-- The proportions at which Wilson's score interval of a figure with this denominator just reaches the centre. (The interval of the
-- centre itself, with the same denominator, would not do: its lower end is always above 0, so that every 0 of 5 fell below it.)
-- A square root is no exact arithmetic, but each row is computed by itself, so that neither the order of the rows nor the number
-- of threads can change a limit.
limited as (
    select
        kpi,
        basis,
        period,
        period_start,
        period_end,
        reference_date,
        org_level,
        org,
        decimals,
        polarity,
        nature,
        numerator,
        denominator,
        proportion,
        centre,
        {{ funnel_limit('share', 'denominator', 1.959964, '-') }} as lower_95,
        {{ funnel_limit('share', 'denominator', 1.959964, '+') }} as upper_95,
        {{ funnel_limit('share', 'denominator', 3.090232, '-') }} as lower_998,
        {{ funnel_limit('share', 'denominator', 3.090232, '+') }} as upper_998
    from beside_the_authority
)

select
    kpi,
    basis,
    period,
    period_start,
    period_end,
    reference_date,
    org_level,
    org,
    nature,
    cast(decimals as integer) as decimals,
    polarity,
    reference_date < period_end as is_provisional,
    numerator,
    denominator,
    proportion,
    centre,
    lower_95,
    upper_95,
    lower_998,
    upper_998,
    case
        when proportion > upper_998 then 'above 99.8%'
        when proportion > upper_95 then 'above 95%'
        when proportion < lower_998 then 'below 99.8%'
        when proportion < lower_95 then 'below 95%'
        else 'within'
    end as position,
    'centre: the authority in the period; limits: where the Wilson score bounds for the denominator end at the centre' as method
from limited
