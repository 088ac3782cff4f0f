-- One row per child with an open child protection plan at a month end. A temporary plan of another authority is not this one's plan.
{% set has_visit = "not plans.is_unborn and plans.last_statutory_visit_date is not null" %}

select
    {{ kpi_item_columns('plans', 'child_key', 'reference_date') }}
    1 as is_open_plan,
    -- Two years are more than 729 calendar days, the first and the last both counted (LAIT dictionary).
    {{ kpi_flag('plans.days_on_plan > 729') }} as is_two_years_or_more,
    -- "Not appropriate" is neither seen alone nor not seen alone.
    {{ kpi_flag(has_visit ~ " and plans.seen_alone in ('yes', 'no')") }} as is_seen_alone_known,
    {{ kpi_flag(has_visit ~ " and plans.seen_alone = 'yes'") }} as is_seen_alone_at_last_visit
from {{ ref('fct_cp_plans_month_end') }} as plans
{{ kpi_item_joins('plans', 'reference_date') }}
where not coalesce(plans.is_other_authority_plan, false)
