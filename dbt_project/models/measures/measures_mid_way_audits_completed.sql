-- One row per mid-way audit, on the day it was done.
{% set has_feedback = 'audits.is_child_feedback or audits.is_parent_feedback or audits.is_carer_feedback' %}

select
    {{ kpi_item_columns('audits', 'mid_way_audit_key', 'completed_date') }}
    audits.plan_type,
    1 as is_mid_way_audit,
    {{ kpi_flag(has_feedback) }} as is_feedback,
    {{ kpi_flag('audits.is_child_feedback') }} as is_child_feedback,
    {{ kpi_flag(
        'coalesce(audits.is_child_feedback, audits.is_parent_feedback, audits.is_carer_feedback) is null'
    ) }} as is_feedback_not_recorded
from {{ ref('fct_mid_way_audits') }} as audits
{{ kpi_item_joins('audits', 'completed_date') }}
