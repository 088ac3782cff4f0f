-- One row per notified serious incident whose rapid review is judged, on the day it was due.
select
    {{ kpi_plain_item_columns('incidents', 'serious_incident_key', 'rapid_review_due_date') }}
    1 as is_review_due,
    {{ kpi_flag('incidents.is_rapid_review_in_time') }} as is_reviewed_in_time
from {{ ref('fct_serious_incidents') }} as incidents
{{ kpi_plain_item_joins('incidents', 'rapid_review_due_date') }}
where incidents.is_rapid_review_in_time is not null
