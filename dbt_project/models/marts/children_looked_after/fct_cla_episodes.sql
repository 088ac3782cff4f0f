-- One row per child and episode: a stretch under one legal status in one placement. Overlaps are settled in the intermediate.
select
    {{ row_key(['episodes.child_key', 'episodes.cla_episode_id']) }} as cla_episode_key,
    episodes.child_key,
    {{ row_key(['episodes.child_key', 'episodes.period_start_date']) }} as cla_key,
    case
        when placements.child_key is not null then {{ row_key(['placements.child_key', 'placements.cla_placement_id']) }}
    end as placement_key,
    episodes.start_date,
    episodes.end_date,
    episodes.start_reason,
    episodes.end_reason,
    episodes.category_of_need,
    episodes.legal_status,
    {{ legal_status_group('episodes.legal_status') }} as legal_status_group,
    episodes.is_short_break,
    placements.placement_type,
    episodes.last_iro_contact_date,
    {{ allocation_columns() }},
    episodes.load_id,
    episodes.row_number
from {{ ref('int_children_looked_after__episodes') }} as episodes
left join {{ ref('int_children_looked_after__placements') }} as placements
    on episodes.child_key = placements.child_key and episodes.cla_placement_id = placements.cla_placement_id
{{ allocation_joins('episodes', 'episodes.start_date') }}
