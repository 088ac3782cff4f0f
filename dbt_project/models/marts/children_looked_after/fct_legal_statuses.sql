-- One row per child and spell of legal status that has begun; orders that do not make a child looked after are there too.
select
    {{ row_key(['statuses.child_key', 'statuses.legal_status_id']) }} as legal_status_key,
    statuses.child_key,
    statuses.legal_status,
    {{ legal_status_group('statuses.legal_status') }} as legal_status_group,
    {{ is_short_break('statuses.legal_status') }} as is_short_break,
    statuses.start_date,
    statuses.end_date,
    {{ days_between('statuses.start_date', 'statuses.end_date') }} as days,
    {{ allocation_columns() }},
    statuses.load_id,
    statuses.row_number
from {{ ref('int_children_looked_after__legal_statuses') }} as statuses
{{ allocation_joins('statuses', 'statuses.start_date') }}
