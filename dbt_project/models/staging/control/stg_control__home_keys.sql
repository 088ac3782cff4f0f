select
    home_id,
    home_key
from {{ source('control', 'home_keys') }}
