select child_id
from {{ source('control', 'clients') }}
