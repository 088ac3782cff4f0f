{{ config(materialized='table') }}
-- Episodes of children missing or absent, by the absence they tell of; one row per reported episode that has begun. Two reports
-- of a child that overlap (two calls to the police) are one absence. A child that goes missing again has returned before: an
-- episode without an end that is followed by another is over, though nobody knows since when.
with

episodes as (
    select
        episodes.missing_episode_id,
        children.child_key,
        children.date_of_birth,
        episodes.missing_start_at as start_at,
        case when cast(episodes.missing_end_at as date) <= run.as_at then episodes.missing_end_at end as end_at,
        episodes.missing_type,
        episodes.return_interview_offered,
        episodes.return_interview_accepted,
        episodes.load_id,
        episodes.row_number
    from {{ ref('stg_ssd__missing') }} as episodes
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on episodes.child_id = children.child_id
    where cast(episodes.missing_start_at as date) <= run.as_at
),

followed as (
    select
        missing_episode_id,
        child_key,
        date_of_birth,
        start_at,
        end_at,
        missing_type,
        return_interview_offered,
        return_interview_accepted,
        load_id,
        row_number,
        max(end_at) over (
            partition by child_key
            order by start_at, missing_episode_id
            rows between unbounded preceding and 1 preceding
        ) as away_until
    from episodes
)

select
    missing_episode_id,
    child_key,
    date_of_birth,
    start_at,
    end_at,
    missing_type,
    return_interview_offered,
    return_interview_accepted,
    load_id,
    row_number,
    sum(case when start_at < away_until then 0 else 1 end) over (
        partition by child_key
        order by start_at, missing_episode_id
        rows between unbounded preceding and current row
    ) as absence_number
from followed
