-- One row per child under an order that deprives them of their liberty at a month end.
select
    {{ kpi_item_columns('orders', 'child_key', 'reference_date') }}
    1 as is_deprived_of_liberty
from {{ ref('fct_deprivation_of_liberty_month_end') }} as orders
{{ kpi_item_joins('orders', 'reference_date') }}
