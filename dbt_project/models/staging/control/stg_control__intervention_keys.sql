select
    intervention_id,
    intervention_key
from {{ source('control', 'intervention_keys') }}
