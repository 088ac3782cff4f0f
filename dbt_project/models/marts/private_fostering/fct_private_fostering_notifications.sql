-- Notifications received, of arrangements that were found to be private fostering and of others. A change or an end that is notified is
-- no notification of an arrangement. Of several of one arrangement the first is the one the first visit is owed for: it is due by the
-- practice standard private_fostering_visit, counted from that day, and falls away when the arrangement ended by the day it was due.
with

known_to as (
    {{ known_to('private_fostering', 'visits') }}
),

notifications as (
    select
        children.child_key,
        children.date_of_birth,
        notifications.private_notification_id,
        arrangements.private_arrangement_key,
        arrangements.first_visit_date,
        arrangements.end_date,
        notifications.private_notified_date as notified_date,
        notifications.notification_kind,
        notifications.notifier_type,
        notifications.is_private_fostering,
        coalesce(notifications.notification_kind in ('proposed', 'existing'), true) as is_of_arrangement,
        notifications.team_code as team_name,
        notifications.snapshot_date,
        notifications.load_id,
        notifications.row_number
    from {{ ref('stg_private_fostering__notifications') }} as notifications
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on notifications.child_id = children.child_id
    left join {{ ref('fct_private_fostering_arrangements') }} as arrangements
        on
            {{ row_key(['children.child_key', 'notifications.arrangement_id']) }} = arrangements.private_arrangement_key
            and notifications.arrangement_id is not null
    where notifications.private_notified_date <= run.as_at
),

placed as (
    select
        child_key,
        date_of_birth,
        private_notification_id,
        private_arrangement_key,
        first_visit_date,
        end_date,
        notified_date,
        notification_kind,
        notifier_type,
        is_private_fostering,
        is_of_arrangement,
        team_name,
        snapshot_date,
        load_id,
        row_number,
        row_number() over (
            partition by private_arrangement_key, is_of_arrangement
            order by notified_date, private_notification_id
        ) as place
    from notifications
)

select
    {{ row_key(['placed.child_key', 'placed.private_notification_id']) }} as private_notification_key,
    placed.child_key,
    placed.private_arrangement_key,
    placed.notified_date,
    placed.notification_kind,
    placed.notifier_type,
    placed.is_of_arrangement,
    {{ answered_yes('placed.is_private_fostering') }} as is_private_fostering,
    placed.is_of_arrangement and placed.private_arrangement_key is not null and placed.place = 1 as is_visit_owed,
    placed.first_visit_date,
    {{ due_after('placed.notified_date', 'visit_standard') }} as visit_due_date,
    case
        when placed.is_of_arrangement and placed.private_arrangement_key is not null and placed.place = 1
            then {{ done_in_time(
                'placed.first_visit_date', in_time_until('placed.notified_date', 'visit_standard'), 'known_to.known_to', 'placed.end_date'
            ) }}
    end as is_visited_in_time,
    {{ age_in_years('placed.date_of_birth', 'placed.notified_date') }} as age,
    {{ team_columns() }},
    placed.load_id,
    placed.row_number
from placed
cross join known_to
{{ standard_join('private_fostering_visit', 'placed.notified_date', 'visit_standard') }}
{{ due_joins('placed.notified_date', 'visit_standard') }}
{{ team_joins('placed', 'placed.notified_date') }}
