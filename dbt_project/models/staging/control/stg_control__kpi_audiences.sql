select
    code,
    dataset
from {{ source('control', 'kpi_audiences') }}
