-- One row per arrangement's first notification, on the last day its first visit was in time.
select
    {{ kpi_item_columns('notifications', 'private_notification_key', 'visit_due_date') }}
    {{ kpi_flag('notifications.is_visited_in_time is not null') }} as is_visit_due,
    {{ kpi_flag('notifications.is_visited_in_time') }} as is_visited_in_time,
    {{ kpi_flag('not notifications.is_visited_in_time and notifications.first_visit_date is null') }} as is_visit_not_recorded
from {{ ref('fct_private_fostering_notifications') }} as notifications
{{ kpi_item_joins('notifications', 'visit_due_date') }}
where notifications.is_visit_owed
