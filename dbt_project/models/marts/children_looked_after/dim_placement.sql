-- One row per kind of home: placement type, provider and, of an inspected setting, the setting, which the key holds as a
-- pseudonym, because a hash of the public number of a home could be guessed.
with

homes as (
    select distinct
        placement_type,
        placement_provider,
        placement_urn
    from {{ ref('int_children_looked_after__placements') }}
)

select
    {{ row_key(['homes.placement_type', 'homes.placement_provider', 'urns.placement_urn_key']) }} as placement_home_key,
    homes.placement_type,
    {{ placement_type_group('homes.placement_type') }} as placement_type_group,
    homes.placement_provider,
    {{ placement_provider_group('homes.placement_provider') }} as placement_provider_group,
    homes.placement_urn
from homes
left join {{ ref('stg_control__placement_urn_keys') }} as urns on homes.placement_urn = urns.placement_urn
