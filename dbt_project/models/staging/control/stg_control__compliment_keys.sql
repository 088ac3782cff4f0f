select
    compliment_id,
    compliment_key
from {{ source('control', 'compliment_keys') }}
