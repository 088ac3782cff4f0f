select
    observation_id,
    observation_key
from {{ source('control', 'observation_keys') }}
