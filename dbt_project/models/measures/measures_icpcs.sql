-- One row per child and initial child protection conference, on the day it was held.
select
    {{ kpi_item_columns('enquiries', 's47_key', 'icpc_date') }}
    1 as is_icpc,
    {{ kpi_flag('enquiries.working_days_to_icpc <= 15') }} as is_within_15_working_days
from {{ ref('fct_s47_enquiries') }} as enquiries
{{ kpi_item_joins('enquiries', 'icpc_date') }}
