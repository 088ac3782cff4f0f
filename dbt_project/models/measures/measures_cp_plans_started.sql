-- One row per child protection plan, on the day it started. A temporary plan of another authority is not this one's plan.
select
    {{ kpi_item_columns('plans', 'cp_plan_key', 'start_date') }}
    coalesce(plans.initial_category, 'not_recorded') as initial_category,
    1 as is_plan_start,
    {{ kpi_flag('plans.previous_cp_plans > 0') }} as is_second_or_subsequent,
    -- No earlier plan is held, and what is held is too short to tell. A number left blank in an Annex A list is none.
    {{ kpi_flag("plans.previous_cp_plans is null and plans.source_route = 'ssd'") }} as is_second_unknown,
    {{ kpi_flag('plans.is_second_within_24_months') }} as is_second_within_24_months,
    {{ kpi_flag('plans.is_second_within_24_months is null') }} as is_second_within_24_months_unknown
from {{ ref('fct_cp_plans') }} as plans
{{ kpi_item_joins('plans', 'start_date') }}
where not coalesce(plans.is_other_authority_plan, false)
