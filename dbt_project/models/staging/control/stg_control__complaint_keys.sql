select
    complaint_id,
    complaint_key
from {{ source('control', 'complaint_keys') }}
