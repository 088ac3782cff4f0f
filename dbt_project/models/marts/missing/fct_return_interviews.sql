-- One row per return and its interview. In time by the practice standard return_interview in force on the day of the return:
-- in clock hours where both times are known, whatever the days are; else by whole days, a standard of 72 hours being 3 days.
with

known as (
    {{ known_to('return_interviews', 'return_interviews') }}
),

absences as (
    select
        child_key,
        absence_number,
        missing_episode_id,
        min(missing_episode_id) over (partition by child_key, absence_number) as first_episode_id
    from {{ ref('int_missing__absences') }}
),

returns as (
    select
        interviews.return_interview_key,
        interviews.child_key,
        interviews.date_of_birth,
        case
            when absences.first_episode_id is not null
                then {{ row_key(['absences.child_key', 'absences.first_episode_id']) }}
        end as missing_episode_key,
        interviews.missing_from,
        interviews.returned_date,
        interviews.returned_at,
        interviews.offered,
        interviews.offered_date,
        interviews.accepted,
        interviews.declined_reason,
        interviews.is_held,
        interviews.is_held_too_early,
        interviews.held_date,
        interviews.held_at,
        interviews.interviewer_organisation,
        interviews.recorded_date,
        interviews.exploitation_concern,
        interviews.shared_with_police,
        interviews.team_name,
        interviews.snapshot_date,
        interviews.load_id,
        interviews.row_number,
        {{ hours_between('interviews.returned_at', 'interviews.held_at') }} as hours_to_interview,
        {{ days_between('interviews.returned_date', 'interviews.held_date') }} as days_to_interview,
        case standard.timescale_unit
            when 'hours' then standard.timescale
            when 'calendar_days' then standard.timescale * 24
        end as hours_allowed,
        run.as_at
    from {{ ref('int_missing__return_interviews') }} as interviews
    cross join {{ ref('stg_control__run') }} as run
    left join absences
        on
            interviews.child_key = absences.child_key
            and interviews.missing_episode_id = absences.missing_episode_id
    {{ standard_join('return_interview', 'interviews.returned_date', 'standard') }}
),

due as (
    select
        return_interview_key,
        child_key,
        date_of_birth,
        missing_episode_key,
        missing_from,
        returned_date,
        returned_at,
        offered,
        offered_date,
        accepted,
        declined_reason,
        is_held,
        is_held_too_early,
        held_date,
        held_at,
        interviewer_organisation,
        recorded_date,
        exploitation_concern,
        shared_with_police,
        team_name,
        snapshot_date,
        load_id,
        row_number,
        hours_to_interview,
        days_to_interview,
        hours_allowed,
        as_at,
        {{ add_days('returned_date', 'cast(ceil(hours_allowed / 24.0) as integer)') }} as due_date
    from returns
)

select
    due.return_interview_key,
    due.child_key,
    due.missing_episode_key,
    due.missing_from,
    due.returned_date,
    due.returned_at,
    {{ answered_yes('due.offered') }} as is_offered,
    due.offered_date,
    {{ answered_yes('due.accepted') }} as is_accepted,
    due.declined_reason,
    due.is_held,
    due.held_date,
    due.held_at,
    due.hours_to_interview,
    due.days_to_interview,
    due.due_date,
    {{ is_overdue('due.due_date', 'due.as_at', 'known.known_to') }} as is_due_date_past,
    case
        when not due.is_held then null
        when due.hours_to_interview is not null then due.hours_to_interview <= due.hours_allowed
        else due.held_date <= due.due_date
    end as is_in_time,
    due.is_held_too_early,
    due.interviewer_organisation,
    {{ agency_key('return_interviewer', 'due.interviewer_organisation') }} as agency_key,
    due.recorded_date,
    {{ days_between('due.held_date', 'due.recorded_date') }} as days_to_record,
    {{ answered_yes('due.exploitation_concern') }} as is_exploitation_concern,
    {{ answered_yes('due.shared_with_police') }} as is_shared_with_police,
    {{ age_in_years('due.date_of_birth', 'due.returned_date') }} as age,
    {{ team_columns() }},
    due.load_id,
    due.row_number
from due
cross join known
{{ team_joins('due', 'due.returned_date') }}
