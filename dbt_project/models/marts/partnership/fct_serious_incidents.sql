-- One row per serious incident with the two timescales of the practice standards: the notification, from the day the authority knew, and
-- the rapid review, from the notification. Where no standard is in force the due dates of the extract are taken. The child may
-- not be known to the authority.
with

known as (
    {{ known_to('partnership', 'serious_incidents') }}
),

incidents as (
    select
        keys.incident_key,
        children.child_key,
        incidents.incident_date,
        incidents.incident_known_date as known_date,
        incidents.notification_due_date as recorded_notification_due_date,
        {{ by_as_at('incidents.notified_date') }} as notified_date,
        incidents.rapid_review_due_date as recorded_rapid_review_due_date,
        {{ by_as_at('incidents.rapid_review_completed_date') }} as rapid_review_completed_date,
        {{ by_as_at('incidents.rapid_review_completed_date', 'incidents.practice_review_agreed') }} as practice_review_agreed,
        incidents.theme,
        known.known_to,
        incidents.load_id,
        incidents.row_number
    from {{ ref('stg_partnership__serious_incidents') }} as incidents
    cross join {{ ref('stg_control__run') }} as run
    cross join known
    inner join {{ ref('stg_control__incident_keys') }} as keys on incidents.incident_id = keys.incident_id
    left join {{ ref('int_children__identities') }} as children on incidents.child_id = children.child_id
    where incidents.incident_known_date <= run.as_at
),

due as (
    select
        incidents.incident_key,
        incidents.child_key,
        incidents.incident_date,
        incidents.known_date,
        coalesce({{ due_after('incidents.known_date', 'notification') }}, incidents.recorded_notification_due_date)
            as notification_due_date,
        coalesce({{ in_time_until('incidents.known_date', 'notification') }}, incidents.recorded_notification_due_date)
            as notification_in_time_until,
        incidents.notified_date,
        case
            when incidents.notified_date is not null
                then coalesce({{ due_after('incidents.notified_date', 'review') }}, incidents.recorded_rapid_review_due_date)
        end as rapid_review_due_date,
        case
            when incidents.notified_date is not null
                then coalesce({{ in_time_until('incidents.notified_date', 'review') }}, incidents.recorded_rapid_review_due_date)
        end as rapid_review_in_time_until,
        incidents.rapid_review_completed_date,
        incidents.practice_review_agreed,
        incidents.theme,
        incidents.known_to,
        incidents.load_id,
        incidents.row_number
    from incidents
    {{ standard_join('serious_incident_notification', 'incidents.known_date', 'notification') }}
    {{ due_joins('incidents.known_date', 'notification') }}
    {{ standard_join('rapid_review', 'incidents.notified_date', 'review') }}
    {{ due_joins('incidents.notified_date', 'review') }}
)

select
    due.incident_key as serious_incident_key,
    due.child_key,
    due.incident_date,
    due.known_date,
    due.notification_due_date,
    due.notified_date,
    notified.working_day_index - knew.working_day_index as working_days_to_notification,
    {{ done_in_time('due.notified_date', 'due.notification_in_time_until', 'due.known_to') }} as is_notified_in_time,
    due.rapid_review_due_date,
    due.rapid_review_completed_date,
    completed.working_day_index - notified.working_day_index as working_days_to_rapid_review,
    {{ done_in_time('due.rapid_review_completed_date', 'due.rapid_review_in_time_until', 'due.known_to') }} as is_rapid_review_in_time,
    {{ answered_yes('due.practice_review_agreed') }} as is_practice_review_agreed,
    due.theme,
    {{ allocation_columns() }},
    due.load_id,
    due.row_number
from due
left join {{ ref('dim_date') }} as knew on due.known_date = knew.date_day
left join {{ ref('dim_date') }} as notified on due.notified_date = notified.date_day
left join {{ ref('dim_date') }} as completed on due.rapid_review_completed_date = completed.date_day
{{ allocation_joins('due', 'due.known_date') }}
