-- One row per child in an open episode of need at a month end, by the workers of the last 12 months.
select
    {{ kpi_item_columns('cases', 'child_key', 'reference_date') }}
    1 as is_open,
    {{ kpi_flag('cases.workers_last_12_months >= 3') }} as is_three_or_more_workers
from {{ ref('fct_case_workers_month_end') }} as cases
{{ kpi_item_joins('cases', 'reference_date') }}
