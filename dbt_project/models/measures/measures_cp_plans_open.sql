-- One row per child with an open child protection plan at a month end. A temporary plan of another authority is not this one's plan.
-- A visit is judged where the plan is older than the standard allows between visits, reviews where the plan has run three months;
-- where the visits or reviews held do not tell, the child stands on neither side.
{% set has_visit = "not plans.is_unborn and plans.last_statutory_visit_date is not null" %}
{% set visit_due = "plans.is_plan_older_than_visit_interval and plans.is_visit_overdue is not null" %}
{% set last_seen = "coalesce(plans.latest_seen_date, plans.last_statutory_visit_date)" %}
{% set seen_unknown %}
not plans.is_unborn and (plans.is_unseen_too_long is null or (plans.is_unseen_too_long and {{ last_seen }} is null))
{%- endset %}
{% set three_months = has_lasted_months('plans.start_date', 'plans.reference_date', 3) %}
{% set review_due = three_months ~ " and plans.has_every_review_on_time is not null" %}

select
    {{ kpi_item_columns('plans', 'child_key', 'reference_date') }}
    coalesce(plans.latest_category, 'not_recorded') as latest_category,
    1 as is_open_plan,
    {{ kpi_flag(has_lasted_months_at_most('plans.start_date', 'plans.reference_date', 3)) }} as is_three_months_or_less,
    {{ kpi_flag(has_lasted_months('plans.start_date', 'plans.reference_date', 15)) }} as is_fifteen_months_or_more,
    -- Two years are more than 729 calendar days, the first and the last both counted (LAIT dictionary).
    {{ kpi_flag('plans.days_on_plan > 729') }} as is_two_years_or_more,
    -- "Not appropriate" is neither seen alone nor not seen alone.
    {{ kpi_flag(has_visit ~ " and plans.seen_alone in ('yes', 'no')") }} as is_seen_alone_known,
    {{ kpi_flag(has_visit ~ " and plans.seen_alone = 'yes'") }} as is_seen_alone_at_last_visit,
    {{ kpi_flag(visit_due) }} as is_visit_due,
    {{ kpi_flag(visit_due ~ " and not plans.is_visit_overdue") }} as is_visited_in_time,
    {{ kpi_flag(visit_due ~ " and not plans.has_visit_recorded") }} as is_visit_not_recorded,
    {{ kpi_flag("not plans.is_plan_older_than_visit_interval") }} as is_visit_not_yet_due,
    {{ kpi_flag("plans.is_unseen_too_long") }} as is_unseen,
    -- Annex A does not tell whether the child was seen: its last visit stands for it
    {{ kpi_flag(seen_unknown) }} as is_last_seen_not_known,
    {{ kpi_flag(review_due) }} as is_review_due,
    {{ kpi_flag(review_due ~ " and plans.has_every_review_on_time") }} as is_every_review_in_time,
    {{ kpi_flag(review_due ~ " and not plans.has_every_review_on_time and plans.reviews_held = 0") }} as is_review_not_recorded,
    {{ kpi_flag("not (" ~ three_months ~ ")") }} as is_review_not_yet_due
from {{ ref('fct_cp_plans_month_end') }} as plans
{{ kpi_item_joins('plans', 'reference_date') }}
where not coalesce(plans.is_other_authority_plan, false)
