select
    fact,
    route,
    preference,
    source,
    table_name
from {{ source('control', 'routes') }}
