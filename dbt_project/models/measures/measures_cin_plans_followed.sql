-- One row per child in need plan, on the last day of the 12 months after its start. Until those are known in full it has no row.
select
    {{ kpi_item_columns('plans', 'cin_plan_key', 'step_up_window_end_date') }}
    1 as is_plan_followed,
    {{ kpi_flag('plans.has_cp_plan_within_12_months') }} as is_stepped_up
from {{ ref('fct_cin_plans') }} as plans
{{ kpi_item_joins('plans', 'step_up_window_end_date') }}
where plans.has_cp_plan_within_12_months is not null
