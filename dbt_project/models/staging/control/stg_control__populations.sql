select
    population,
    kind,
    source,
    table_name
from {{ source('control', 'populations') }}
