-- One row per worker who holds a case at a month end.
select
    {{ kpi_plain_item_columns('caseloads', 'worker_key', 'reference_date', "cast(null as varchar)") }}
    case when caseloads.is_newly_qualified then 'newly_qualified' else 'other' end as worker_experience,
    {{ kpi_flag('caseloads.is_above_limit is not null') }} as is_case_holder,
    {{ kpi_flag('caseloads.is_above_limit') }} as is_above_limit,
    {{ kpi_flag('caseloads.is_above_limit is not null and caseloads.is_newly_qualified') }} as is_newly_qualified,
    {{ kpi_flag('caseloads.is_above_limit and caseloads.is_newly_qualified') }} as is_newly_qualified_above_limit
from {{ ref('fct_caseloads_month_end') }} as caseloads
{{ kpi_plain_item_joins('caseloads', 'reference_date') }}
