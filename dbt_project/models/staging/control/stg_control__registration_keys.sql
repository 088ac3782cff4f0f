select
    swe_number,
    registration_key
from {{ source('control', 'registration_keys') }}
