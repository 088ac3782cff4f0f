-- What changed from the day before the position date to it: cases opened and closed, cases and children that moved, statuses that
-- changed, tasks that became overdue. By the days the records give: an entry made late for an earlier day is no change of that day.
-- A case that goes to another team goes to another worker too: that is one move. A change of placement with the same carer is none.
with

today as (
    select
        position_date,
        child_key,
        status,
        placement_key,
        worker_key,
        team_code,
        service_code
    from {{ ref('rpt_team_positions') }}
    where is_position_date
),

yesterday as (
    select
        position_date,
        child_key,
        status,
        placement_key,
        worker_key,
        team_code,
        service_code
    from {{ ref('rpt_team_positions') }}
    where not is_position_date
),

both_days as (
    select
        today.position_date,
        today.child_key,
        today.status,
        today.worker_key,
        today.team_code,
        today.service_code,
        today.placement_key,
        yesterday.status as previous_status,
        yesterday.worker_key as previous_worker_key,
        yesterday.team_code as previous_team_code,
        yesterday.placement_key as previous_placement_key
    from today
    inner join yesterday on today.child_key = yesterday.child_key
),

changes as (
    select
        today.position_date,
        today.child_key,
        today.status,
        today.worker_key,
        today.team_code,
        today.service_code,
        'new case' as change,
        'case' as subject_key,
        cast(null as varchar) as previous_status,
        cast(null as varchar) as previous_worker_key,
        cast(null as varchar) as previous_team_code,
        'Opened: ' || today.status as change_text
    from today
    left join yesterday on today.child_key = yesterday.child_key
    where yesterday.child_key is null

    union all

    select
        yesterday.position_date,
        yesterday.child_key,
        yesterday.status,
        yesterday.worker_key,
        yesterday.team_code,
        yesterday.service_code,
        'closed case' as change,
        'case' as subject_key,
        yesterday.status as previous_status,
        yesterday.worker_key as previous_worker_key,
        yesterday.team_code as previous_team_code,
        'Closed: ' || yesterday.status || ' until then' as change_text
    from yesterday
    left join today on yesterday.child_key = today.child_key
    where today.child_key is null

    union all

    select
        position_date,
        child_key,
        status,
        worker_key,
        team_code,
        service_code,
        'changed status' as change,
        'status' as subject_key,
        previous_status,
        previous_worker_key,
        previous_team_code,
        'From ' || previous_status || ' to ' || status as change_text
    from both_days
    where status <> previous_status

    union all

    select
        position_date,
        child_key,
        status,
        worker_key,
        team_code,
        service_code,
        case when team_code <> previous_team_code then 'moved to another team' else 'moved to another worker' end as change,
        'allocation' as subject_key,
        previous_status,
        previous_worker_key,
        previous_team_code,
        case
            when team_code <> previous_team_code then 'From team ' || previous_team_code || ' to team ' || team_code
            when worker_key is null then 'From a worker to nobody recorded'
            when previous_worker_key is null then 'From nobody recorded to a worker'
            else 'From one worker to another in team ' || team_code
        end as change_text
    from both_days
    where team_code <> previous_team_code or coalesce(worker_key, '') <> coalesce(previous_worker_key, '')

    union all

    select
        both_days.position_date,
        both_days.child_key,
        both_days.status,
        both_days.worker_key,
        both_days.team_code,
        both_days.service_code,
        'moved placement' as change,
        'placement' as subject_key,
        both_days.previous_status,
        both_days.previous_worker_key,
        both_days.previous_team_code,
        'From ' || {{ in_words('previous.placement_type_group') }}
        || ' to ' || {{ in_words('placements.placement_type_group') }} as change_text
    from both_days
    inner join {{ ref('fct_placements') }} as placements on both_days.placement_key = placements.placement_key
    inner join {{ ref('fct_placements') }} as previous on both_days.previous_placement_key = previous.placement_key
    where both_days.placement_key <> both_days.previous_placement_key and not coalesce(placements.is_same_carer, false)

    union all

    select
        due.position_date,
        due.child_key,
        due.status,
        due.worker_key,
        due.team_code,
        due.service_code,
        'newly overdue' as change,
        due.due_key as subject_key,
        cast(null as varchar) as previous_status,
        cast(null as varchar) as previous_worker_key,
        cast(null as varchar) as previous_team_code,
        due.rule as change_text
    from {{ ref('rpt_team_due') }} as due
    where due.is_newly_overdue
)

select
    {{ row_key(['changes.child_key', 'changes.change', 'changes.subject_key']) }} as change_key,
    {{ case_columns('changes') }},
    changes.change,
    changes.previous_status,
    changes.previous_team_code,
    changes.previous_worker_key,
    changes.change_text
from changes
inner join {{ ref('dim_child') }} as children on changes.child_key = children.child_key
{{ name_joins('changes') }}
