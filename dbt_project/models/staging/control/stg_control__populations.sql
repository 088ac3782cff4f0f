select
    population,
    kind,
    covered_as,
    is_weekly,
    quiet_month,
    source,
    table_name
from {{ source('control', 'populations') }}
