-- One row per child and initial child protection conference, on the day it was held.
select
    {{ kpi_item_columns('conferences', 'icpc_key', 'icpc_date') }}
    1 as is_icpc,
    {{ kpi_flag('conferences.is_in_time') }} as is_in_time,
    {{ kpi_flag('conferences.is_in_time is null') }} as is_timing_not_known
from {{ ref('fct_icpcs') }} as conferences
{{ kpi_item_joins('conferences', 'icpc_date') }}
