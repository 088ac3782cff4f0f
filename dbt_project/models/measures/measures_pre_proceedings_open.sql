-- One row per child in pre-proceedings at a month end.
select
    {{ kpi_item_columns('periods', 'child_key', 'reference_date') }}
    1 as is_in_pre_proceedings,
    {{ kpi_flag('periods.is_past_due_date') }} as is_past_due_date,
    periods.weeks_in_pre_proceedings
from {{ ref('fct_pre_proceedings_month_end') }} as periods
{{ kpi_item_joins('periods', 'reference_date') }}
