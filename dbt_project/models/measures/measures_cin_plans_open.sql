-- One row per child with an open episode of need at a month end. The visit of a child in need plan is judged where the plan is older
-- than the standard allows between visits, and the visits held tell.
{% set visit_due = "cin.is_plan_older_than_visit_interval and cin.is_visit_overdue is not null" %}

select
    {{ kpi_item_columns('cin', 'child_key', 'reference_date') }}
    {{ kpi_flag('cin.is_child_in_need_plan') }} as is_on_child_in_need_plan,
    {{ kpi_flag(visit_due) }} as is_visit_due,
    {{ kpi_flag(visit_due ~ " and not cin.is_visit_overdue") }} as is_visited_in_time,
    {{ kpi_flag(visit_due ~ " and cin.last_visit_date is null") }} as is_visit_not_recorded,
    {{ kpi_flag("cin.is_child_in_need_plan and not cin.is_plan_older_than_visit_interval") }} as is_visit_not_yet_due
from {{ ref('fct_cin_plans_month_end') }} as cin
{{ kpi_item_joins('cin', 'reference_date') }}
