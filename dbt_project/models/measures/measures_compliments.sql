-- One row per compliment, on the day it was received.
select
    {{ kpi_plain_item_columns('compliments', 'compliment_key', 'received_date') }}
    compliments.from_type,
    compliments.theme,
    {{ kpi_flag('compliments.is_external') }} as is_external
from {{ ref('fct_compliments') }} as compliments
{{ kpi_plain_item_joins('compliments', 'received_date') }}
