-- One row per child and section 47 enquiry, on the day of the strategy discussion that began it.
select
    {{ kpi_item_columns('enquiries', 's47_key', 'strategy_discussion_date') }}
    1 as is_enquiry
from {{ ref('fct_s47_enquiries') }} as enquiries
{{ kpi_item_joins('enquiries', 'strategy_discussion_date') }}
