select
    strategy_meeting_id,
    strategy_meeting_key
from {{ source('control', 'strategy_meeting_keys') }}
