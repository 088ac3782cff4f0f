-- One row per child and referral to the edge-of-care service. What lies after the as-at date has not happened; the planned end may.
-- Afterwards: the child's first child protection plan and first period of care (short breaks are none) that start after the day the work
-- ended. Whether it was within 6 or 12 months is known only when the window has passed and the data reach to its end.
with

cases as (
    select
        children.child_key,
        cases.edge_of_care_case_id,
        cases.edge_referred_date as referred_date,
        cases.referring_team_code,
        {{ unless_after_as_at('cases.edge_accepted_date', 'cases.accepted') }} as accepted,
        {{ by_as_at('cases.edge_accepted_date') }} as accepted_date,
        cases.not_accepted_reason,
        cases.edge_goal as goal,
        cases.step,
        {{ by_as_at('cases.work_started_date') }} as work_started_date,
        cases.planned_end_date,
        {{ by_as_at('cases.work_ended_date') }} as work_ended_date,
        {{ by_as_at('cases.work_ended_date', 'cases.end_reason') }} as end_reason,
        {{ by_as_at('cases.work_ended_date', 'cases.edge_outcome') }} as outcome,
        {{ by_as_at('cases.work_ended_date', 'cases.protection_plan_at_end') }} as protection_plan_at_end,
        {{ by_as_at('cases.work_ended_date', 'cases.goal_met') }} as goal_met,
        run.as_at,
        cases.team_code as team_name,
        cases.snapshot_date,
        cases.load_id,
        cases.row_number
    from {{ ref('stg_edge_of_care__edge_of_care_cases') }} as cases
    inner join {{ ref('int_children__identities') }} as children on cases.child_id = children.child_id
    cross join {{ ref('stg_control__run') }} as run
    where cases.edge_referred_date <= run.as_at
),

protected as (
    select
        cases.edge_of_care_case_id,
        min(plans.start_date) as cp_plan_start_date
    from cases
    inner join {{ ref('fct_cp_plans') }} as plans
        on cases.child_key = plans.child_key and cases.work_ended_date < plans.start_date
    group by cases.edge_of_care_case_id
),

entered_care as (
    select
        cases.edge_of_care_case_id,
        min(periods.start_date) as cla_start_date
    from cases
    inner join {{ ref('fct_cla_periods') }} as periods
        on cases.child_key = periods.child_key and cases.work_ended_date < periods.start_date
    where not periods.is_short_breaks
    group by cases.edge_of_care_case_id
)

select
    {{ row_key(['cases.child_key', 'cases.edge_of_care_case_id']) }} as edge_of_care_key,
    cases.child_key,
    cases.referred_date,
    cases.referring_team_code,
    {{ answered_yes('cases.accepted') }} as is_accepted,
    cases.accepted_date,
    cases.not_accepted_reason,
    cases.goal,
    cases.step,
    cases.work_started_date,
    cases.planned_end_date,
    cases.work_ended_date,
    {{ days_between('cases.referred_date', 'cases.work_started_date') }} as days_to_start,
    {{ days_between('cases.work_started_date', 'coalesce(cases.work_ended_date, cases.as_at)') }} as days_of_work,
    cases.end_reason,
    cases.outcome,
    {{ answered_yes('cases.protection_plan_at_end') }} as has_cp_plan_at_end,
    {{ answered_yes('cases.goal_met') }} as is_goal_met,
    case
        when cases.outcome in ('looked_after', 'remained_looked_after') or cases.protection_plan_at_end = 'yes' then false
        when cases.outcome is not null and cases.protection_plan_at_end = 'no' then true
    end as is_out_of_care_and_protection_at_end,
    protected.cp_plan_start_date as next_cp_plan_start_date,
    entered_care.cla_start_date as next_cla_start_date,
    {{ happened_within('cases.work_ended_date', 6, 'protected.cp_plan_start_date', 'plans_known.known_to') }}
        as has_cp_plan_within_6_months,
    {{ happened_within('cases.work_ended_date', 12, 'protected.cp_plan_start_date', 'plans_known.known_to') }}
        as has_cp_plan_within_12_months,
    {{ happened_within('cases.work_ended_date', 6, 'entered_care.cla_start_date', 'care_known.known_to') }}
        as is_looked_after_within_6_months,
    {{ happened_within('cases.work_ended_date', 12, 'entered_care.cla_start_date', 'care_known.known_to') }}
        as is_looked_after_within_12_months,
    {{ team_columns() }},
    cases.load_id,
    cases.row_number
from cases
left join protected on cases.edge_of_care_case_id = protected.edge_of_care_case_id
left join entered_care on cases.edge_of_care_case_id = entered_care.edge_of_care_case_id
left join {{ ref('int_control__known_to') }} as plans_known on plans_known.fact = 'cp_plans'
left join {{ ref('int_control__known_to') }} as care_known on care_known.fact = 'cla_periods'
{{ team_joins('cases', 'coalesce(cases.work_started_date, cases.referred_date)') }}
