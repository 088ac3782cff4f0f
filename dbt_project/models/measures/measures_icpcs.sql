-- One row per child and initial child protection conference, on the day it was held. That of a child who transferred in follows no
-- enquiry here: it is held, and not timed.
{% set is_timed = 'not coalesce(conferences.is_transfer_in, false)' %}

select
    {{ kpi_item_columns('conferences', 'icpc_key', 'icpc_date') }}
    1 as is_icpc,
    {{ kpi_flag(is_timed ~ ' and conferences.is_in_time') }} as is_in_time,
    {{ kpi_flag(is_timed) }} as is_timed,
    {{ kpi_flag(is_timed ~ ' and conferences.is_in_time is null') }} as is_timing_not_known
from {{ ref('fct_icpcs') }} as conferences
{{ kpi_item_joins('conferences', 'icpc_date') }}
