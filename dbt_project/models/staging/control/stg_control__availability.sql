select
    source,
    table_name,
    kind,
    covered_from,
    covered_to
from {{ source('control', 'availability') }}
