select
    adopter_family_id,
    adopter_family_key
from {{ source('control', 'adopter_family_keys') }}
