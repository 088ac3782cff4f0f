select
    population,
    kind,
    is_weekly,
    position_month,
    source,
    table_name
from {{ source('control', 'populations') }}
