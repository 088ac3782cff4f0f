-- One row per foster placement that ended with the child leaving the carer, on the day it ended.
select
    {{ kpi_item_columns('placements', 'placement_key', 'end_date') }}
    placements.placement_type_group,
    1 as is_placement_ended,
    {{ kpi_flag('placements.has_feedback') }} as has_feedback
from {{ ref('fct_placement_end_feedback') }} as placements
{{ kpi_item_joins('placements', 'end_date') }}
where placements.placement_type_group in ('foster', 'kinship')
