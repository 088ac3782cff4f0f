select
    source,
    table_name,
    column_name,
    rule,
    action,
    rows as rows_affected,
    load_id,
    period,
    first_seen as first_seen_date,
    owner,
    what_to_do
from {{ source('control', 'issues') }}
