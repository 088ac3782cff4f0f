select
    code,
    ordinal,
    standard
from {{ source('control', 'kpi_standards') }}
