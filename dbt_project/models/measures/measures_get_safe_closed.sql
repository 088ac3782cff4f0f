-- One row per Get Safe case that was closed, on that day.
select
    {{ kpi_item_columns('cases', 'get_safe_case_key', 'closed_date') }}
    coalesce(cases.first_risk_level, 'not_assessed') as first_risk_level,
    1 as is_closure,
    {{ kpi_flag('cases.risk_change is not null') }} as is_assessed_twice,
    {{ kpi_flag('cases.risk_change is null') }} as is_change_not_recorded,
    {{ kpi_flag("cases.risk_change = 'lower'") }} as is_risk_reduced,
    {{ kpi_flag("cases.risk_change = 'higher'") }} as is_risk_raised
from {{ ref('fct_get_safe_cases') }} as cases
{{ kpi_item_joins('cases', 'closed_date') }}
where cases.closed_date is not null
