-- One row per child and placement that has begun. What counts as a new home, and what is a move, is settled in the intermediate.
select
    {{ row_key(['placements.child_key', 'placements.cla_placement_id']) }} as placement_key,
    placements.child_key,
    {{ row_key(['placements.child_key', 'placements.period_start_date']) }} as cla_key,
    homes.placement_home_key,
    placements.start_date,
    placements.end_date,
    {{ days_between('placements.start_date', 'placements.end_date') }} as days,
    placements.placement_type,
    {{ placement_type_group('placements.placement_type') }} as placement_type_group,
    placements.placement_provider,
    {{ agency_key('placement_provider', 'placements.placement_provider') }} as agency_key,
    placements.placement_provider = 'PR1' as is_own_provision,
    placements.change_reason,
    cast(placements.placement_distance as decimal(18, 4)) as distance_miles,
    placements.placement_distance > 20 as is_over_20_miles,
    placements.is_temporary,
    placements.is_under_24_hours,
    placements.is_short_break,
    placements.is_same_carer,
    placements.is_counted,
    placements.is_move,
    placements.placement_number,
    placements.home_start_date,
    placements.stable_since_date,
    {{ allocation_columns() }},
    placements.load_id,
    placements.row_number
from {{ ref('int_children_looked_after__placements') }} as placements
inner join {{ ref('dim_placement') }} as homes
    on
        coalesce(placements.placement_type, '') = coalesce(homes.placement_type, '')
        and coalesce(placements.placement_provider, '') = coalesce(homes.placement_provider, '')
        and coalesce(placements.placement_urn, '') = coalesce(homes.placement_urn, '')
{{ allocation_joins('placements', 'placements.start_date') }}
