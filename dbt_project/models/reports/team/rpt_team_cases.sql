-- The open cases of each team and worker on the position date, with the day the child was last seen and what is due first. What is
-- overdue comes before what is still due; a recording gap is neither (rpt_team_recording_gaps). The day last seen is that of
-- int_children_in_need__seen_days: visits of every kind, and assessments, by their start. It belongs to the case only from its
-- opening on, as in fct_cin_plans_month_end.
with

cases as (
    select
        positions.position_date,
        positions.child_key,
        positions.status,
        positions.status_since_date,
        positions.opened_date,
        positions.worker_key,
        positions.team_code,
        positions.service_code,
        case when seen.last_seen_date >= coalesce(positions.opened_date, seen.last_seen_date) then seen.last_seen_date end
            as last_seen_date
    from {{ ref('rpt_team_positions') }} as positions
    left join {{ ref('int_children_in_need__seen_days') }} as seen
        on
            positions.child_key = seen.child_key
            and positions.position_date between seen.valid_from and seen.valid_to
    where positions.is_position_date
),

first_due as (
    select
        child_key,
        task,
        due_date,
        state,
        rule,
        row_number() over (partition by child_key order by due_date, due_key) as place
    from {{ ref('rpt_team_due') }}
    where state <> 'recording gap'
)

select
    {{ case_columns('cases') }},
    cases.status_since_date,
    cases.opened_date,
    {{ days_between('cases.opened_date', 'cases.position_date') }} as days_open,
    cases.last_seen_date,
    {{ days_between('cases.last_seen_date', 'cases.position_date') }} as days_since_seen,
    first_due.task as next_due_task,
    first_due.due_date as next_due_date,
    first_due.state as next_due_state,
    first_due.rule as next_due_rule
from cases
inner join {{ ref('dim_child') }} as children on cases.child_key = children.child_key
left join first_due on cases.child_key = first_due.child_key and first_due.place = 1
{{ name_joins('cases') }}
