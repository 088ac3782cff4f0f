-- One row per child and initial child protection conference, on the day it was held.
select
    {{ kpi_item_columns('conferences', 'icpc_key', 'icpc_date') }}
    1 as is_icpc,
    {{ kpi_flag('conferences.working_days_to_icpc <= 15') }} as is_within_15_working_days
from {{ ref('fct_icpcs') }} as conferences
{{ kpi_item_joins('conferences', 'icpc_date') }}
