-- One row per notification of a private fostering arrangement, proposed or existing, on the day it was received.
select
    {{ kpi_item_columns('notifications', 'private_notification_key', 'notified_date') }}
    coalesce(notifications.notifier_type, 'not_recorded') as notifier_type,
    1 as is_notification,
    {{ kpi_flag('notifications.private_arrangement_key is not null') }} as is_arrangement
from {{ ref('fct_private_fostering_notifications') }} as notifications
{{ kpi_item_joins('notifications', 'notified_date') }}
where notifications.is_of_arrangement
