-- One row per child open to Get Safe and type of exploitation assessed, at a month end. A level that expects no review, and a review due
-- after the last day the reviews are known for, stand outside the denominator.
select
    {{ kpi_item_columns('assessments', 'risk_month_key', 'reference_date') }}
    assessments.risk_level,
    assessments.exploitation_group,
    1 as is_open_assessment,
    {{ kpi_flag('assessments.is_review_overdue is not null') }} as is_review_expected,
    {{ kpi_flag('not assessments.is_review_overdue') }} as is_review_up_to_date
from {{ ref('fct_risk_assessments_month_end') }} as assessments
{{ kpi_item_joins('assessments', 'reference_date') }}
