select
    placement_urn,
    placement_urn_key
from {{ source('control', 'placement_urn_keys') }}
