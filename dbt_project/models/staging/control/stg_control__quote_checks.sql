select
    response_id,
    text_number,
    finding
from {{ source('control', 'quote_checks') }}
