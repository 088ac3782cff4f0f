-- One row per child whose adoption decision was reversed, on that day.
select
    {{ kpi_item_columns('plans', 'adoption_plan_key', 'reversed_date') }}
    coalesce(plans.reversal_reason, 'not_recorded') as reversal_reason,
    1 as is_reversed
from {{ ref('fct_adoption_plans') }} as plans
{{ kpi_item_joins('plans', 'reversed_date') }}
