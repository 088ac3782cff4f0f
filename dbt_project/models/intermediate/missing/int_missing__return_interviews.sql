-- Returns of children who were missing, each with the interview that was offered and held by the as-at date; one row per return
-- that has happened. An interview before the return is no interview of it: it is not counted as held.
with

returns as (
    select
        interviews.interview_id,
        children.child_key,
        children.date_of_birth,
        interviews.missing_episode_id,
        interviews.missing_from,
        interviews.returned_date,
        -- a time of another day than the one given is not the time of this return
        case when cast(interviews.returned_at as date) = interviews.returned_date then interviews.returned_at end as returned_at,
        interviews.offered,
        {{ by_as_at('interviews.offered_date') }} as offered_date,
        interviews.accepted,
        interviews.declined_reason,
        coalesce(interviews.held_date, cast(interviews.held_at as date)) as said_held_date,
        case
            when interviews.held_date is null or cast(interviews.held_at as date) = interviews.held_date then interviews.held_at
        end as said_held_at,
        interviews.interviewer_organisation,
        {{ by_as_at('interviews.recorded_date') }} as recorded_date,
        interviews.exploitation_concern,
        interviews.shared_with_police,
        interviews.team_code as team_name,
        interviews.snapshot_date,
        interviews.load_id,
        interviews.row_number
    from {{ ref('stg_return_interviews__return_interviews') }} as interviews
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on interviews.child_id = children.child_id
    where interviews.returned_date <= run.as_at
),

judged as (
    select
        returns.interview_id,
        returns.child_key,
        returns.date_of_birth,
        returns.missing_episode_id,
        returns.missing_from,
        returns.returned_date,
        returns.returned_at,
        returns.offered,
        returns.offered_date,
        returns.accepted,
        returns.declined_reason,
        returns.said_held_date,
        returns.said_held_at,
        returns.interviewer_organisation,
        returns.recorded_date,
        returns.exploitation_concern,
        returns.shared_with_police,
        returns.team_name,
        returns.snapshot_date,
        returns.load_id,
        returns.row_number,
        coalesce(
            returns.said_held_date < returns.returned_date or returns.said_held_at < returns.returned_at, false
        ) as is_held_too_early,
        coalesce(returns.said_held_date <= run.as_at, false) as is_past
    from returns
    cross join {{ ref('stg_control__run') }} as run
)

select
    interview_id,
    {{ row_key(['child_key', 'interview_id']) }} as return_interview_key,
    child_key,
    date_of_birth,
    missing_episode_id,
    missing_from,
    returned_date,
    returned_at,
    offered,
    offered_date,
    accepted,
    declined_reason,
    is_past and not is_held_too_early as is_held,
    is_past and is_held_too_early as is_held_too_early,
    case when is_past and not is_held_too_early then said_held_date end as held_date,
    case when is_past and not is_held_too_early then said_held_at end as held_at,
    interviewer_organisation,
    recorded_date,
    exploitation_concern,
    shared_with_police,
    team_name,
    snapshot_date,
    load_id,
    row_number
from judged
