{{ config(materialized='table') }}
-- Periods of care as the case system's episodes make them; one row per child and day on which care began. That day is the one
-- the episode gives, else its first episode of the same period, else the episode's own. The episode that began last says
-- whether the period goes on; a period still open when the next one begins ended then.
with

episodes as (
    select
        children.child_key,
        coalesce(
            episodes.care_entry_date,
            case
                when episodes.cla_id is not null
                    then min(episodes.cla_episode_start_date) over (partition by children.child_key, episodes.cla_id)
            end,
            episodes.cla_episode_start_date
        ) as start_date,
        episodes.cla_episode_start_date as episode_start_date,
        {{ by_as_at('episodes.cla_episode_end_date') }} as episode_end_date,
        episodes.cla_episode_id
    from {{ ref('stg_ssd__cla_episodes') }} as episodes
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on episodes.child_id = children.child_id
    where episodes.cla_episode_start_date <= run.as_at
),

ranked as (
    select
        child_key,
        start_date,
        episode_end_date,
        row_number() over (
            partition by child_key, start_date
            order by
                episode_start_date desc,
                case when episode_end_date is null then 0 else 1 end asc,
                episode_end_date desc,
                cla_episode_id desc
        ) as place
    from episodes
),

periods as (
    select
        child_key,
        start_date,
        episode_end_date as end_date,
        lead(start_date) over (partition by child_key order by start_date) as next_start_date
    from ranked
    where place = 1
)

select
    child_key,
    start_date,
    case
        when end_date is null or end_date > next_start_date then next_start_date
        else end_date
    end as end_date,
    next_start_date
from periods
