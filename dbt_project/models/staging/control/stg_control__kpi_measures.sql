select
    code,
    side,
    population,
    measure,
    taken,
    position_month
from {{ source('control', 'kpi_measures') }}
