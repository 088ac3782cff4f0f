-- Counts of the open cases of each worker in a team, and of the team as a whole. A worker with cases in two teams has a row in each;
-- cases with no worker recorded stand in a row without one. Children whose records are restricted are counted.
with

cases as (
    select
        position_date,
        team_code,
        team_name,
        service_code,
        worker_key,
        worker_name,
        child_key,
        status
    from {{ ref('rpt_team_cases') }}
),

tasks as (
    select
        child_key,
        count(*) filter (where state = 'due') as tasks_due,
        count(*) filter (where state = 'overdue') as tasks_overdue
    from {{ ref('rpt_team_due') }}
    group by child_key
),

gaps as (
    select
        child_key,
        count(*) as recording_gaps
    from {{ ref('rpt_team_recording_gaps') }}
    group by child_key
),

levels as (
    select
        'worker' as row_kind,
        position_date,
        team_code,
        team_name,
        service_code,
        worker_key,
        worker_name,
        child_key,
        status
    from cases

    union all

    select
        'team' as row_kind,
        position_date,
        team_code,
        team_name,
        service_code,
        cast(null as varchar) as worker_key,
        cast(null as varchar) as worker_name,
        child_key,
        status
    from cases
)

select
    levels.position_date,
    levels.row_kind,
    levels.team_code,
    levels.team_name,
    levels.service_code,
    levels.worker_key,
    levels.worker_name,
    count(*) as open_cases,
    count(*) filter (where levels.status = 'looked after') as looked_after,
    count(*) filter (where levels.status = 'child protection plan') as child_protection_plan,
    count(*) filter (where levels.status = 'child in need plan') as child_in_need_plan,
    count(*) filter (where levels.status = 'care leaver') as care_leaver,
    count(*) filter (where levels.status = 'open assessment') as open_assessment,
    count(*) filter (where levels.status = 'other open') as other_open,
    cast(coalesce(sum(tasks.tasks_due), 0) as bigint) as due_in_14_days,
    cast(coalesce(sum(tasks.tasks_overdue), 0) as bigint) as overdue,
    cast(coalesce(sum(gaps.recording_gaps), 0) as bigint) as recording_gaps
from levels
left join tasks on levels.child_key = tasks.child_key
left join gaps on levels.child_key = gaps.child_key
group by
    levels.position_date,
    levels.row_kind,
    levels.team_code,
    levels.team_name,
    levels.service_code,
    levels.worker_key,
    levels.worker_name
