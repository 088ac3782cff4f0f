select
    code,
    basis,
    ordinal
from {{ source('control', 'kpi_bases') }}
