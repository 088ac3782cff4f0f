-- Incidents in homes, one row per child concerned; rows of one event share its key. The record is in time within 24 hours: by the
-- clock where both times are given, else as the home says. Ofsted's notification has no time: the day of the incident and the day
-- after count as within 24 hours. Only a serious incident is notified. The keys are made of the home, the day and the place in it,
-- never of the number of an event that may concern no child.
with

incidents as (
    select
        incidents.incident_id,
        coalesce(incidents.event_id, incidents.incident_id) as event_id,
        incidents.home_id,
        children.child_key,
        incidents.incident_date,
        incidents.incident_at,
        incidents.incident_kind,
        incidents.restraint,
        incidents.serious,
        case
            when cast(incidents.incident_recorded_at as date) <= run.as_at then incidents.incident_recorded_at
        end as recorded_at,
        incidents.recorded_within_24_hours,
        {{ by_as_at('incidents.ofsted_notified_date') }} as ofsted_notified_date,
        {{ add_days('incidents.incident_date', 1) }} as notification_due_date,
        incidents.police_called,
        incidents.injury,
        {{ by_as_at('incidents.child_debrief_date') }} as child_debrief_date,
        {{ reference_day('incidents') }} as known_to,
        incidents.load_id,
        incidents.row_number
    from {{ ref('stg_residential__incidents') }} as incidents
    cross join {{ ref('stg_control__run') }} as run
    left join {{ ref('int_children__identities') }} as children on incidents.child_id = children.child_id
    where
        incidents.incident_date <= run.as_at
        -- a child nobody knows is no reason to lose the event
        and (incidents.child_id is null or children.child_key is not null)
),

numbered as (
    select
        incident_id,
        home_id,
        child_key,
        incident_date,
        incident_at,
        incident_kind,
        restraint,
        serious,
        recorded_at,
        recorded_within_24_hours,
        ofsted_notified_date,
        notification_due_date,
        police_called,
        injury,
        child_debrief_date,
        known_to,
        dense_rank() over (partition by home_id, incident_date order by event_id) as event_of_day,
        row_number() over (partition by home_id, incident_date order by event_id, incident_id) as row_of_day,
        load_id,
        row_number
    from incidents
)

select
    {{ row_key(['homes.home_key', 'numbered.incident_date', 'numbered.row_of_day', 'numbered.child_key']) }} as residential_incident_key,
    {{ row_key(['homes.home_key', 'numbered.incident_date', 'numbered.event_of_day']) }} as event_key,
    numbered.child_key,
    homes.home_key,
    homes.home_kind,
    numbered.incident_date,
    numbered.incident_at,
    numbered.incident_kind,
    {{ answered_yes('numbered.restraint') }} as is_restraint,
    numbered.incident_kind = 'missing' as is_missing,
    {{ answered_yes('numbered.serious') }} as is_serious,
    numbered.recorded_at,
    case
        when numbered.recorded_at is not null and numbered.incident_at is not null
            then {{ hours_between('numbered.incident_at', 'numbered.recorded_at') }} <= 24
        else {{ answered_yes('numbered.recorded_within_24_hours') }}
    end as is_recorded_in_time,
    numbered.ofsted_notified_date,
    case
        when numbered.serious = 'yes'
            then {{ done_in_time('numbered.ofsted_notified_date', 'numbered.notification_due_date', 'numbered.known_to') }}
    end as is_notified_in_time,
    {{ answered_yes('numbered.police_called') }} as is_police_called,
    {{ answered_yes('numbered.injury') }} as is_injury,
    numbered.child_debrief_date,
    {{ days_between('numbered.incident_date', 'numbered.child_debrief_date') }} as days_to_debrief,
    case when numbered.child_key is not null then numbered.child_debrief_date is not null end as has_debrief,
    coalesce(homes.team_code, 'unmapped') as team_code,
    coalesce(homes.service_code, 'unmapped') as service_code,
    numbered.load_id,
    numbered.row_number
from numbered
left join {{ ref('dim_home') }} as homes on {{ row_key(['numbered.home_id']) }} = homes.home_key
