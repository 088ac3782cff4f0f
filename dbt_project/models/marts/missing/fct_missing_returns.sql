-- One row per return of a child who was missing: the returns the interviewers list (several of one absence are one), and those of
-- absences that ended and that they do not list, which are returns nobody recorded an interview for. Being away without
-- authorisation is no missing episode. An interview that was held had been offered.
with

known as (
    {{ known_to('return_interviews', 'return_interviews') }}
),

listed as (
    select
        coalesce(interviews.missing_episode_key, interviews.return_interview_key) as missing_return_key,
        interviews.return_interview_key,
        interviews.child_key,
        interviews.missing_episode_key,
        interviews.missing_from,
        interviews.returned_date,
        case when interviews.is_held or interviews.is_offered then 1 when not interviews.is_offered then 0 end as offered,
        case when interviews.is_held or interviews.is_accepted then 1 when not interviews.is_accepted then 0 end as accepted,
        case when interviews.is_held then 1 else 0 end as held,
        case when interviews.is_in_time then 1 when not interviews.is_in_time then 0 end as in_time,
        interviews.due_date,
        interviews.team_code,
        interviews.service_code,
        interviews.load_id,
        interviews.row_number
    from {{ ref('fct_return_interviews') }} as interviews
),

put_together as (
    select
        missing_return_key,
        child_key,
        missing_episode_key,
        missing_from,
        returned_date,
        max(offered) over (partition by missing_return_key) as offered,
        max(accepted) over (partition by missing_return_key) as accepted,
        max(held) over (partition by missing_return_key) as held,
        max(in_time) over (partition by missing_return_key) as in_time,
        due_date,
        team_code,
        service_code,
        load_id,
        row_number,
        row_number() over (partition by missing_return_key order by returned_date desc, held desc, return_interview_key asc) as place
    from listed
),

unlisted as (
    select
        episodes.missing_episode_key,
        episodes.child_key,
        case when episodes.is_looked_after then 'care' when not episodes.is_looked_after then 'home' end as missing_from,
        episodes.end_date as returned_date,
        case when episodes.is_interview_offered then 1 when not episodes.is_interview_offered then 0 end as offered,
        case when episodes.is_interview_accepted then 1 when not episodes.is_interview_accepted then 0 end as accepted,
        {{ add_days('episodes.end_date', standard_whole_days('standard')) }} as due_date,
        episodes.team_code,
        episodes.service_code,
        episodes.load_id,
        episodes.row_number
    from {{ ref('fct_missing_episodes') }} as episodes
    left join put_together on episodes.missing_episode_key = put_together.missing_return_key
    {{ standard_join('return_interview', 'episodes.end_date', 'standard') }}
    where
        put_together.missing_return_key is null
        and episodes.end_date is not null
        and coalesce(episodes.missing_type, 'missing') = 'missing'
),

returns as (
    select
        missing_return_key,
        child_key,
        missing_episode_key,
        missing_from,
        returned_date,
        true as is_listed,
        offered,
        accepted,
        held,
        in_time,
        due_date,
        team_code,
        service_code,
        load_id,
        row_number
    from put_together
    where place = 1
    union all
    select
        missing_episode_key as missing_return_key,
        child_key,
        missing_episode_key,
        missing_from,
        returned_date,
        false as is_listed,
        offered,
        accepted,
        0 as held,
        cast(null as integer) as in_time,
        due_date,
        team_code,
        service_code,
        load_id,
        row_number
    from unlisted
)

select
    returns.missing_return_key,
    returns.child_key,
    returns.missing_episode_key,
    coalesce(returns.missing_from, 'unknown') as missing_from,
    returns.returned_date,
    returns.is_listed,
    case returns.offered when 1 then true when 0 then false end as is_offered,
    case returns.accepted when 1 then true when 0 then false end as is_accepted,
    returns.held = 1 as is_held,
    returns.due_date,
    -- due on the as-at day or later an interview may still be held in time; due after the last day known it may have been
    {{ is_overdue('returns.due_date', 'run.as_at', 'known.known_to') }} as is_due_date_past,
    case returns.in_time when 1 then true when 0 then false end as is_in_time,
    returns.team_code,
    returns.service_code,
    returns.load_id,
    returns.row_number
from returns
cross join {{ ref('stg_control__run') }} as run
cross join known
