-- One row per action agreed after a complaint, on the day it was due.
select
    {{ kpi_plain_item_columns('actions', 'complaint_action_key', 'due_date') }}
    actions.theme,
    {{ kpi_flag('actions.is_in_time is not null or actions.is_completion_not_recorded') }} as is_action_due,
    {{ kpi_flag('actions.is_in_time') }} as is_complete_in_time,
    {{ kpi_flag('actions.is_completion_not_recorded') }} as is_completion_not_recorded
from {{ ref('fct_complaint_learning_actions') }} as actions
{{ kpi_plain_item_joins('actions', 'due_date') }}
