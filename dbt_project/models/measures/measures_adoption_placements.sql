-- One row per child placed for adoption, on the day of the placement.
select
    {{ kpi_item_columns('plans', 'adoption_plan_key', 'placed_date') }}
    {{ kpi_flag('plans.days_entry_to_placed is not null') }} as is_placed,
    {{ kpi_flag('plans.days_entry_to_placed is null') }} as is_entry_not_recorded,
    plans.days_entry_to_placed
from {{ ref('fct_adoption_plans') }} as plans
{{ kpi_item_joins('plans', 'placed_date') }}
