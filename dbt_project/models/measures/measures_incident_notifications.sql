-- One row per serious incident whose notification is judged, on the day it was due.
select
    {{ kpi_plain_item_columns('incidents', 'serious_incident_key', 'notification_due_date') }}
    1 as is_notification_due,
    {{ kpi_flag('incidents.is_notified_in_time') }} as is_notified_in_time,
    {{ kpi_flag('incidents.notified_date is null') }} as is_not_notified
from {{ ref('fct_serious_incidents') }} as incidents
{{ kpi_plain_item_joins('incidents', 'notification_due_date') }}
where incidents.is_notified_in_time is not null
