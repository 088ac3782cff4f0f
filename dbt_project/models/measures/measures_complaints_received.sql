-- One row per complaint, on the day it was received.
select
    {{ kpi_plain_item_columns('complaints', 'complaint_key', 'received_date') }}
    complaints.procedure,
    complaints.complainant_type,
    complaints.status as complaint_status,
    1 as is_received,
    {{ kpi_flag("complaints.procedure = 'statutory_children'") }} as is_statutory,
    {{ kpi_flag("complaints.procedure = 'corporate'") }} as is_corporate,
    {{ kpi_flag('complaints.is_from_child_or_advocate is not null') }} as is_complainant_recorded,
    {{ kpi_flag('complaints.is_from_child_or_advocate') }} as is_from_child_or_advocate,
    {{ kpi_flag("complaints.status = 'declined_with_reason'") }} as is_declined
from {{ ref('fct_complaints') }} as complaints
{{ kpi_plain_item_joins('complaints', 'received_date') }}
