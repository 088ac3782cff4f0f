-- One row per completed mid-way audit, on the day the team manager's answer fell due.
select
    {{ kpi_item_columns('audits', 'mid_way_audit_key', 'acknowledgement_due_date') }}
    audits.plan_type,
    1 as is_acknowledgement_due,
    {{ kpi_flag('audits.is_acknowledged_in_time') }} as is_acknowledged_in_time,
    {{ kpi_flag('audits.alert_sent_date is null') }} as is_alert_not_recorded
from {{ ref('fct_mid_way_audits') }} as audits
{{ kpi_item_joins('audits', 'acknowledgement_due_date') }}
