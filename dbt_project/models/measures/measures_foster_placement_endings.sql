-- One row per foster placement that ended with the child leaving the carer, on the day it ended.
select
    {{ kpi_item_columns('endings', 'placement_key', 'ended_date') }}
    endings.placement_type_group,
    1 as is_placement_ended,
    {{ kpi_flag('endings.has_feedback') }} as has_feedback
from {{ ref('fct_foster_placement_endings') }} as endings
{{ kpi_item_joins('endings', 'ended_date') }}
