-- One row per case file audit graded inadequate, on the day by which the case was to be audited again.
select
    {{ kpi_item_columns('audits', 'audit_key', 'reaudit_due_date') }}
    1 as is_reaudit_due,
    {{ kpi_flag('audits.is_reaudited_in_time') }} as is_reaudited_in_time,
    {{ kpi_flag('audits.is_escalated') }} as is_escalated,
    {{ kpi_flag('audits.is_escalated is null') }} as is_escalation_not_recorded
from {{ ref('fct_audits') }} as audits
{{ kpi_item_joins('audits', 'reaudit_due_date') }}
