select
    comment_id,
    comment_key
from {{ source('control', 'comment_keys') }}
