-- One row per child and section 47 enquiry, on the last day on which a conference would be in time by the practice standard in force
-- when the enquiry began. A conference held later is one too.
select
    {{ kpi_item_columns('enquiries', 's47_key', 'due_date') }}
    1 as is_enquiry_elapsed,
    {{ kpi_flag('enquiries.icpc_date is not null') }} as led_to_conference
from {{ ref('fct_s47_enquiries') }} as enquiries
{{ kpi_item_joins('enquiries', 'due_date') }}
