-- Early help episodes of the case system; an end after the as-at date has not happened. An episode has no team of its own:
-- the one its worker belongs to, as the register of the workforce last shows it, where the worker is one of the authority's. Days
-- run from the first day to the last one, or to the as-at date while open.
with

teams as (
    select
        worker_id,
        max(team_code) as team_name
    from {{ ref('stg_workforce__workers') }}
    where is_current
    group by worker_id
    -- two teams at once say nothing
    having count(distinct team_code) = 1
),

episodes as (
    select
        children.child_key,
        episodes.early_help_episode_id,
        episodes.worker_id,
        episodes.early_help_start_date as start_date,
        {{ by_as_at('episodes.early_help_end_date') }} as end_date,
        episodes.early_help_reason as start_reason,
        {{ by_as_at('episodes.early_help_end_date', 'episodes.early_help_end_reason') }} as end_reason,
        episodes.organisation,
        run.as_at,
        teams.team_name,
        episodes.snapshot_date,
        episodes.load_id,
        episodes.row_number
    from {{ ref('stg_ssd__early_help_episodes') }} as episodes
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on episodes.child_id = children.child_id
    left join teams on episodes.worker_id = teams.worker_id
    where episodes.early_help_start_date <= run.as_at
)

select
    {{ row_key(['episodes.child_key', 'episodes.early_help_episode_id']) }} as early_help_episode_key,
    episodes.child_key,
    workers.worker_key,
    episodes.start_date,
    episodes.end_date,
    episodes.start_reason,
    episodes.end_reason,
    episodes.organisation,
    {{ agency_key('early_help_organisation', 'episodes.organisation') }} as agency_key,
    {{ days_between('episodes.start_date', 'coalesce(episodes.end_date, episodes.as_at)') }} as days,
    {{ team_columns() }},
    episodes.load_id,
    episodes.row_number
from episodes
left join {{ ref('stg_control__worker_keys') }} as workers on episodes.worker_id = workers.worker_id
{{ team_joins('episodes', 'episodes.start_date') }}
