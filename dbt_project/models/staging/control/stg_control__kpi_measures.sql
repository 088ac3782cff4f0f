select
    code,
    side,
    population,
    measure
from {{ source('control', 'kpi_measures') }}
