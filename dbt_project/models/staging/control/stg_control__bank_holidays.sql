select
    holiday_date,
    name
from {{ source('control', 'bank_holidays') }}
