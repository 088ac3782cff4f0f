-- One row per young person newly eligible for a pathway plan, on the last day the first plan was in time.
select
    {{ kpi_item_columns('plans', 'pathway_plan_start_key', 'due_date') }}
    {{ kpi_flag('plans.is_in_time is not null') }} as is_first_plan_due,
    {{ kpi_flag('plans.is_in_time') }} as is_first_plan_in_time,
    {{ kpi_flag('not plans.is_in_time and plans.plan_date is null') }} as is_first_plan_not_recorded
from {{ ref('fct_pathway_plan_starts') }} as plans
{{ kpi_item_joins('plans', 'due_date') }}
