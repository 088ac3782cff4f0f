-- One row per assessment, on the day it was authorised. In time is judged by the practice standard, which also says how many
-- working days are allowed; without one in force an assessment is counted, but not judged.
select
    {{ kpi_item_columns('assessments', 'assessment_key', 'authorisation_date') }}
    1 as is_assessment,
    {{ kpi_flag('assessments.is_in_time is not null') }} as is_judged,
    {{ kpi_flag('assessments.is_in_time') }} as is_within_45_working_days,
    {{ kpi_flag('assessments.is_in_time_from_referral is not null') }} as is_judged_from_referral,
    {{ kpi_flag('assessments.is_in_time_from_referral') }} as is_within_45_working_days_of_referral,
    assessments.working_days,
    {{ kpi_flag('not assessments.is_unborn') }} as is_born_child_assessment,
    {{ kpi_flag("not assessments.is_unborn and assessments.child_seen = 'yes'") }} as is_child_seen,
    {{ kpi_flag("not assessments.is_unborn and coalesce(assessments.child_seen, 'unknown') = 'unknown'") }} as is_child_seen_not_recorded,
    {{ kpi_flag("assessments.support_required = 'yes'") }} as is_support_required,
    {{ kpi_flag('assessments.support_required is null') }} as is_outcome_not_recorded,
    {{ kpi_flag('assessments.factor_count > 0') }} as has_factor
from {{ ref('fct_assessments') }} as assessments
{{ kpi_item_joins('assessments', 'authorisation_date') }}
