-- One row per decision of the ombudsman, on the day of the decision.
select
    {{ kpi_plain_item_columns('decisions', 'ombudsman_decision_key', 'decision_date') }}
    decisions.finding,
    1 as is_decision,
    {{ kpi_flag("decisions.finding = 'upheld'") }} as is_upheld
from {{ ref('fct_ombudsman_decisions') }} as decisions
{{ kpi_plain_item_joins('decisions', 'decision_date') }}
