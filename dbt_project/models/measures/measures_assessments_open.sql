-- One row per assessment open at a month end. Judged are those that the practice standard allows a time and whose lateness is known:
-- what fell due after the last day of the data may have been authorised.
select
    {{ kpi_item_columns('assessments', 'assessment_key', 'reference_date') }}
    {{ kpi_flag('assessments.is_overdue is not null') }} as is_open_assessment,
    {{ kpi_flag('assessments.is_overdue') }} as is_past_45_working_days
from {{ ref('fct_open_assessments_month_end') }} as assessments
{{ kpi_item_joins('assessments', 'reference_date') }}
