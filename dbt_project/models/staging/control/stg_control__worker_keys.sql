select
    worker_id,
    worker_key
from {{ source('control', 'worker_keys') }}
