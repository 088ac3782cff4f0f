-- One row per fostering household open at a month end.
{% set is_approved = 'not households.is_temporarily_approved' %}
-- A household not visited yet is due only once the time for its first visit has passed.
{% set is_supervised = is_approved ~ ' and households.is_supervision_in_time is not null' %}
{% set is_first_visit_ahead = 'households.last_supervision_date is null and households.is_supervision_in_time' %}
{% set is_with_placement = 'households.children_placed > 0 and households.has_current_safer_caring_plan is not null' %}

select
    {{ kpi_plain_item_columns('households', 'household_key', 'reference_date', child_key='cast(null as varchar)') }}
    coalesce(households.household_group, 'unknown') as household_group,
    {{ kpi_flag(is_supervised ~ ' and not (' ~ is_first_visit_ahead ~ ')') }} as is_supervision_due,
    {{ kpi_flag(is_supervised ~ ' and households.is_supervision_in_time and households.last_supervision_date is not null') }}
        as is_supervision_in_time,
    {{ kpi_flag(is_supervised ~ ' and not households.is_supervision_in_time and households.last_supervision_date is null') }}
        as is_supervision_not_recorded,
    {{ kpi_flag(is_supervised ~ ' and ' ~ is_first_visit_ahead) }} as is_supervision_not_yet_due,
    {{ kpi_flag('households.has_unannounced_visit_in_year is not null') }} as is_approved_for_a_year,
    {{ kpi_flag('households.has_unannounced_visit_in_year') }} as is_visited_unannounced,
    {{ kpi_flag(is_with_placement) }} as is_with_placement,
    {{ kpi_flag(is_with_placement ~ ' and households.has_current_safer_caring_plan') }} as is_safer_caring_plan_current,
    {{ kpi_flag(
        is_with_placement ~ ' and households.has_current_safer_caring_plan and households.last_risk_assessment_date is not null'
    ) }} as is_plan_and_risk_assessment_current,
    {{ kpi_flag(
        is_with_placement ~ ' and households.has_current_safer_caring_plan and households.last_risk_assessment_date is null'
    ) }} as is_risk_assessment_not_recorded
from {{ ref('fct_fostering_households_month_end') }} as households
{{ kpi_plain_item_joins('households', 'reference_date') }}
