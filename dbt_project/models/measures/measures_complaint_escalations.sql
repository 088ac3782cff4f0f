-- One row per answer at stage 1 of a statutory complaint, on the last day on which stage 2 could be asked for.
select
    {{ kpi_plain_item_columns('stages', 'complaint_stage_key', 'escalation_until_date') }}
    {{ kpi_flag('stages.is_escalated is not null') }} as is_answered,
    {{ kpi_flag('stages.is_escalated') }} as is_escalated
from {{ ref('fct_complaint_stages') }} as stages
{{ kpi_plain_item_joins('stages', 'escalation_until_date') }}
where stages.procedure = 'statutory_children' and stages.stage = 1
