-- One row per child and early help assessment, on the day it was completed.
select
    {{ kpi_item_columns('assessments', 'early_help_assessment_key', 'completion_date') }}
    coalesce(assessments.level_of_need, 'not_recorded') as level_of_need,
    1 as is_assessment,
    {{ kpi_flag('assessments.is_in_time is not null') }} as is_judged,
    {{ kpi_flag('assessments.is_in_time') }} as is_in_time
from {{ ref('fct_early_help_assessments') }} as assessments
{{ kpi_item_joins('assessments', 'completion_date') }}
