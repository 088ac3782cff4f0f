-- One row per kind of home: placement type, provider and, of an inspected setting, the setting. The key is a running number
-- within type and provider in the order of first use, because a hash of the public number of a home could be guessed.
with

homes as (
    select
        placement_type,
        placement_provider,
        placement_urn,
        min(start_date) as first_used_date
    from {{ ref('int_children_looked_after__placements') }}
    group by placement_type, placement_provider, placement_urn
)

select
    coalesce(placement_type, 'unknown') || '-' || coalesce(placement_provider, 'unknown') || '-' || cast(
        row_number() over (
            partition by placement_type, placement_provider order by first_used_date, coalesce(placement_urn, '')
        ) as varchar
    ) as home_key,
    placement_type,
    {{ placement_type_group('placement_type') }} as placement_type_group,
    placement_provider,
    case
        when placement_provider = 'PR0' then 'parents'
        when placement_provider = 'PR1' then 'own_provision'
        when placement_provider in ('PR2', 'PR3') then 'other_public'
        when placement_provider = 'PR4' then 'private'
        when placement_provider = 'PR5' then 'voluntary'
        else 'unknown'
    end as placement_provider_group,
    placement_urn
from homes
