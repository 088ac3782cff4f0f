select
    family_id,
    family_key
from {{ source('control', 'family_keys') }}
