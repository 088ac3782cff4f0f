-- One row per child with an open episode of need at a month end.
select
    {{ kpi_item_columns('cin', 'child_key', 'reference_date') }}
    {{ kpi_flag('cin.is_child_in_need_plan') }} as is_on_child_in_need_plan
from {{ ref('fct_cin_plans_month_end') }} as cin
{{ kpi_item_joins('cin', 'reference_date') }}
