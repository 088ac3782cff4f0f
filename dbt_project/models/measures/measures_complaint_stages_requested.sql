-- One row per stage of a statutory complaint, on the day the stage was asked for; at stage 1 that is the day of receipt.
select
    {{ kpi_plain_item_columns('stages', 'complaint_stage_key', 'requested_date') }}
    cast(stages.stage as varchar) as complaint_stage,
    stages.complainant_type,
    {{ kpi_flag('stages.stage = 1') }} as is_stage_1,
    {{ kpi_flag('stages.stage = 2') }} as is_stage_2,
    {{ kpi_flag('stages.stage = 3') }} as is_stage_3
from {{ ref('fct_complaint_stages') }} as stages
{{ kpi_plain_item_joins('stages', 'requested_date') }}
where stages.procedure = 'statutory_children'
