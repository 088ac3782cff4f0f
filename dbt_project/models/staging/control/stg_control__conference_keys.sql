select
    conference_id,
    conference_key
from {{ source('control', 'conference_keys') }}
