select
    household_id,
    household_key
from {{ source('control', 'household_keys') }}
