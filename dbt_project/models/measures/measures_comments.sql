-- One row per comment, on the day it was received. A comment is about no child.
select
    {{ kpi_plain_item_columns('comments', 'comment_key', 'received_date', 'cast(null as varchar)') }}
    comments.from_type,
    comments.theme,
    1 as is_comment
from {{ ref('fct_comments') }} as comments
{{ kpi_plain_item_joins('comments', 'received_date') }}
