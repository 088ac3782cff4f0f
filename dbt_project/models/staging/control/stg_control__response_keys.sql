select
    response_id,
    response_key
from {{ source('control', 'response_keys') }}
