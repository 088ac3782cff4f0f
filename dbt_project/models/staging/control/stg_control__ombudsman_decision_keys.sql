select
    ombudsman_decision_id,
    ombudsman_decision_key
from {{ source('control', 'ombudsman_decision_keys') }}
