-- One row per child protection plan that ended, on its last day. A temporary plan of another authority is not this one's plan.
select
    {{ kpi_item_columns('plans', 'cp_plan_key', 'end_date') }}
    coalesce(plans.latest_category, 'not_recorded') as latest_category,
    1 as is_plan_end,
    {{ kpi_flag(has_lasted_months_at_most('plans.start_date', 'plans.end_date', 3)) }} as is_three_months_or_less,
    -- Two years are more than 729 calendar days, the first and the last both counted (LAIT dictionary).
    {{ kpi_flag('plans.days_on_plan > 729') }} as is_two_years_or_more
from {{ ref('fct_cp_plans') }} as plans
{{ kpi_item_joins('plans', 'end_date') }}
where not coalesce(plans.is_other_authority_plan, false)
