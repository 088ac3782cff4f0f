-- One row per period of care of a child of school age, on the day the first personal education plan was due.
select
    {{ kpi_item_columns('plans', 'cla_key', 'due_date') }}
    {{ kpi_flag('plans.is_started_in_time is not null') }} as is_plan_due,
    {{ kpi_flag('plans.is_started_in_time') }} as is_in_time,
    {{ kpi_flag('plans.is_started_in_time is not null and not plans.is_plan_recorded') }} as is_plan_not_recorded
from {{ ref('fct_initial_peps') }} as plans
{{ kpi_item_joins('plans', 'due_date') }}
