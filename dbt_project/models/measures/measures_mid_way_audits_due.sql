-- One row per mid-point between two reviews, on its day.
select
    {{ kpi_item_columns('audits', 'mid_way_audit_key', 'mid_point_due_date') }}
    audits.plan_type,
    1 as is_mid_point,
    {{ kpi_flag("audits.state = 'completed'") }} as is_mid_way_audit_done,
    {{ kpi_flag("audits.state = 'not_recorded'") }} as is_mid_way_audit_not_recorded
from {{ ref('fct_mid_way_audits') }} as audits
{{ kpi_item_joins('audits', 'mid_point_due_date') }}
