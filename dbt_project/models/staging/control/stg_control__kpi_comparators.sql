select
    code,
    series,
    source,
    source_measure_code,
    measure,
    unit,
    note
from {{ source('control', 'kpi_comparators') }}
