-- One row per home in which a child looked after no longer lives, on the day the placement ended.
select
    {{ kpi_item_columns('placements', 'placement_key', 'end_date') }}
    placements.placement_type_group,
    1 as is_ended,
    {{ kpi_flag('placements.has_child_feedback') }} as has_child_feedback,
    {{ kpi_flag('placements.has_feedback') }} as has_feedback
from {{ ref('fct_placement_end_feedback') }} as placements
{{ kpi_item_joins('placements', 'end_date') }}
