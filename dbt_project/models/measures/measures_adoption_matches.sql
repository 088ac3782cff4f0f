-- One row per child matched with adopters, on the day of the match. Children placed with their parents' consent have no placement
-- order, and no time from it.
select
    {{ kpi_item_columns('plans', 'adoption_plan_key', 'matched_date') }}
    {{ kpi_flag('plans.days_placement_order_to_match is not null') }} as is_matched_under_order,
    plans.days_placement_order_to_match
from {{ ref('fct_adoption_plans') }} as plans
{{ kpi_item_joins('plans', 'matched_date') }}
