select
    as_at,
    as_known_at,
    authority_code,
    authority_name,
    minimum_n
from {{ source('control', 'run') }}
