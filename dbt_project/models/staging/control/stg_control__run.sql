select
    as_at,
    as_known_at,
    authority_code,
    authority_name
from {{ source('control', 'run') }}
