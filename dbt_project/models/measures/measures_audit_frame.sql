-- One row per child with an open case, whom an audit could be drawn from, at a month end.
select
    {{ kpi_item_columns('frame', 'child_key', 'reference_date') }}
    frame.case_status,
    1 as is_open_child
from {{ ref('fct_audit_frame_month_end') }} as frame
{{ kpi_item_joins('frame', 'reference_date') }}
