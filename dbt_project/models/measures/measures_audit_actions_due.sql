-- One row per audit action, on the day its 8-week review fell due.
select
    {{ kpi_item_columns('actions', 'action_key', 'review_due_date') }}
    {{ kpi_flag("actions.status <> 'not_required'") }} as is_action_due,
    {{ kpi_flag('actions.is_complete_at_review') }} as is_complete_at_review
from {{ ref('fct_audit_actions') }} as actions
{{ kpi_item_joins('actions', 'review_due_date') }}
