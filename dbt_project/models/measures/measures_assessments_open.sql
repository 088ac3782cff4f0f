-- One row per assessment open at a month end.
select
    {{ kpi_item_columns('assessments', 'assessment_key', 'reference_date') }}
    1 as is_open_assessment,
    {{ kpi_flag('assessments.working_days_open > 45') }} as is_past_45_working_days
from {{ ref('fct_open_assessments_month_end') }} as assessments
{{ kpi_item_joins('assessments', 'reference_date') }}
