select
    foster_enquiry_id,
    foster_enquiry_key
from {{ source('control', 'foster_enquiry_keys') }}
