select
    code,
    breakdown
from {{ source('control', 'kpi_breakdowns') }}
