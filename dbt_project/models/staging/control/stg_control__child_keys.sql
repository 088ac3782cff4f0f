select
    child_id,
    child_key
from {{ source('control', 'child_keys') }}
