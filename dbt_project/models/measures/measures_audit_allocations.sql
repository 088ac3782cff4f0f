-- One row per subject on a list of audits, on the day the list was circulated. What takes the place of another later is no further
-- audit to be done.
select
    {{ kpi_item_columns('allocations', 'allocation_key', 'circulated_date') }}
    allocations.template,
    {{ kpi_flag('not allocations.is_replacement') }} as is_allocated,
    {{ kpi_flag('allocations.is_replaced') }} as is_replaced
from {{ ref('fct_audit_allocations') }} as allocations
{{ kpi_item_joins('allocations', 'circulated_date') }}
