select
    load_id,
    file_sha256,
    source,
    table_name,
    period,
    snapshot_date,
    rows_loaded
from {{ source('control', 'loads') }}
