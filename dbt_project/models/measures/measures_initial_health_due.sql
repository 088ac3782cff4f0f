-- One row per period of care, on the last day its initial health assessment was in time.
select
    {{ kpi_item_columns('assessments', 'cla_key', 'in_time_until') }}
    {{ kpi_flag('assessments.is_in_time is not null') }} as is_assessment_due,
    {{ kpi_flag('assessments.is_in_time') }} as is_in_time,
    {{ kpi_flag('not assessments.is_in_time and assessments.assessment_date is null') }} as is_assessment_not_recorded
from {{ ref('fct_initial_health_assessments') }} as assessments
{{ kpi_item_joins('assessments', 'in_time_until') }}
