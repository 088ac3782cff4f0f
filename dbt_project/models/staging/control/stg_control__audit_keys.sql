select
    audit_id,
    audit_key
from {{ source('control', 'audit_keys') }}
