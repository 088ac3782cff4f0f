-- One row per worker and stretch of days with the same number of children held, from the allocations: each begins with +1 on its
-- first day and ends with -1 on the day after its last, and the running sum is the caseload. Days without a case are no row;
-- the last day is the as-at date at the latest. The team is that of the case the worker took on last.
with

allocations as (
    select
        workers.worker_key,
        allocations.child_key,
        allocations.team_id,
        allocations.valid_from,
        allocations.valid_to
    from {{ ref('int_involvements__allocations') }} as allocations
    inner join {{ ref('stg_control__worker_keys') }} as workers on allocations.worker_id = workers.worker_id
    cross join {{ ref('stg_control__run') }} as run
    where allocations.valid_from <= allocations.valid_to and allocations.valid_from <= run.as_at
),

changes as (
    select
        worker_key,
        valid_from as day,
        1 as change
    from allocations

    union all

    select
        allocations.worker_key,
        {{ add_days('allocations.valid_to', 1) }} as day,
        -1 as change
    from allocations
    cross join {{ ref('stg_control__run') }} as run
    where allocations.valid_to < run.as_at
),

daily_changes as (
    select
        worker_key,
        day,
        sum(change) as change
    from changes
    group by worker_key, day
    -- one case for another on the same day changes no number
    having sum(change) <> 0
),

stretches as (
    select
        worker_key,
        day as valid_from,
        lead(day) over (partition by worker_key order by day) as next_day,
        sum(change) over (
            partition by worker_key order by day rows between unbounded preceding and current row
        ) as children_held
    from daily_changes
),

last_taken_on as (
    select
        worker_key,
        valid_from,
        max(team_id) as team_id
    from allocations
    group by worker_key, valid_from
),

worker_teams as (
    select
        worker_key,
        team_id,
        valid_from,
        lead(valid_from) over (partition by worker_key order by valid_from) as next_valid_from
    from last_taken_on
)

select
    {{ row_key(['stretches.worker_key', 'stretches.valid_from']) }} as caseload_spell_key,
    stretches.worker_key,
    stretches.valid_from,
    coalesce({{ add_days('stretches.next_day', -1) }}, run.as_at) as valid_to,
    cast(stretches.children_held as integer) as children_held,
    coalesce(teams.team_code, 'unmapped') as team_code,
    coalesce(teams.service_code, 'unmapped') as service_code
from stretches
cross join {{ ref('stg_control__run') }} as run
left join worker_teams
    on
        stretches.worker_key = worker_teams.worker_key
        and stretches.valid_from >= worker_teams.valid_from
        and stretches.valid_from < {{ end_or_never('worker_teams.next_valid_from') }}
left join {{ ref('int_organisation__team_names') }} as teams
    on
        lower(trim(worker_teams.team_id)) = teams.team_name_key
        and stretches.valid_from between teams.valid_from and teams.valid_to
where stretches.children_held > 0
