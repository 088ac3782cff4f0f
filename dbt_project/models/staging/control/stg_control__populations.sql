select
    population,
    kind,
    is_weekly,
    source,
    table_name
from {{ source('control', 'populations') }}
