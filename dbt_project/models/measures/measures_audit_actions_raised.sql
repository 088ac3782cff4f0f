-- One row per audit action, on the day its audit was completed.
select
    {{ kpi_item_columns('actions', 'action_key', 'audit_completed_date') }}
    coalesce(actions.theme, 'not_recorded') as theme,
    1 as is_action,
    {{ kpi_flag('actions.is_repeat_theme is not null') }} as is_theme_known,
    {{ kpi_flag('actions.is_repeat_theme') }} as is_repeat_theme
from {{ ref('fct_audit_actions') }} as actions
{{ kpi_item_joins('actions', 'audit_completed_date') }}
