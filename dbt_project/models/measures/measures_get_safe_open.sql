-- One row per child open to Get Safe at a month end.
select
    {{ kpi_item_columns('cases', 'child_key', 'reference_date') }}
    coalesce(cases.risk_level, 'not_assessed') as risk_level,
    coalesce(cases.main_exploitation_group, 'not_recorded') as exploitation_group,
    1 as is_open,
    {{ kpi_flag('cases.risk_level is null') }} as is_not_assessed
from {{ ref('fct_get_safe_month_end') }} as cases
{{ kpi_item_joins('cases', 'reference_date') }}
