select
    opportunity_id,
    opportunity_key
from {{ source('control', 'opportunity_keys') }}
