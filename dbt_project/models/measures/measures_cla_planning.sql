-- One row per child looked after at a month end, with what planning and oversight had come to.
select
    {{ kpi_item_columns('planning', 'child_key', 'reference_date') }}
    {{ kpi_flag('planning.is_permanence_plan_recorded is not null') }} as is_permanence_plan_due,
    {{ kpi_flag('planning.is_permanence_plan_recorded') }} as is_permanence_plan_recorded,
    {{ kpi_flag('planning.permanence_plan_due_date > planning.reference_date') }} as is_permanence_plan_not_yet_due,
    {{ kpi_flag('planning.has_iro_contact_since_review is not null') }} as is_iro_contact_due,
    {{ kpi_flag('planning.has_iro_contact_since_review') }} as is_iro_contact_made,
    {{ kpi_flag('planning.has_iro_contact_since_review is not null and planning.last_iro_contact_date is null') }}
        as is_iro_contact_not_recorded,
    {{ kpi_flag('planning.iro_contact_due_date > planning.reference_date') }} as is_iro_contact_not_yet_due,
    {{ kpi_flag('planning.is_care_plan_updated_since_review is not null') }} as is_care_plan_reviewed,
    {{ kpi_flag('planning.is_care_plan_updated_since_review') }} as is_care_plan_updated,
    {{ kpi_flag('planning.is_care_plan_updated_since_review is not null and planning.care_plan_date is null') }}
        as is_care_plan_not_recorded
from {{ ref('fct_cla_planning_month_end') }} as planning
{{ kpi_item_joins('planning', 'reference_date') }}
