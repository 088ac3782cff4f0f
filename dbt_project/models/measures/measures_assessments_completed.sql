-- One row per assessment, on the day it was authorised.
select
    {{ kpi_item_columns('assessments', 'assessment_key', 'authorisation_date') }}
    1 as is_assessment,
    {{ kpi_flag('assessments.working_days <= 45') }} as is_within_45_working_days,
    {{ kpi_flag('not assessments.is_unborn') }} as is_born_child_assessment,
    {{ kpi_flag("not assessments.is_unborn and assessments.child_seen = 'yes'") }} as is_child_seen
from {{ ref('fct_assessments') }} as assessments
{{ kpi_item_joins('assessments', 'authorisation_date') }}
