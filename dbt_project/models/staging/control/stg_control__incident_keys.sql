select
    incident_id,
    incident_key
from {{ source('control', 'incident_keys') }}
