-- One row per child with a placement order and month end at which the child is not placed for adoption, and the plan neither carried
-- out nor reversed. A child whose placement has broken down is waiting again.
with

waiting as (
    select
        plans.adoption_plan_key,
        plans.child_key,
        month_ends.reference_date,
        coalesce(plans.matched_date <= month_ends.reference_date, false) as is_matched,
        plans.team_code,
        plans.service_code
    from {{ ref('fct_adoption_plans') }} as plans
    inner join {{ ref('int_calendar__month_ends') }} as month_ends
        on
            plans.placement_order_date <= month_ends.reference_date
            and {{ end_or_never('plans.end_date') }} > month_ends.reference_date
    where
        plans.placed_date is null
        or plans.placed_date > month_ends.reference_date
        or plans.disrupted_date <= month_ends.reference_date
)

select
    {{ kpi_item_columns('waiting', 'adoption_plan_key', 'reference_date') }}
    1 as is_waiting,
    {{ kpi_flag('not waiting.is_matched') }} as is_waiting_for_a_match
from waiting
{{ kpi_item_joins('waiting', 'reference_date') }}
