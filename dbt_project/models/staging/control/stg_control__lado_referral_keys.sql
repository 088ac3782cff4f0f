select
    lado_referral_id,
    lado_referral_key
from {{ source('control', 'lado_referral_keys') }}
