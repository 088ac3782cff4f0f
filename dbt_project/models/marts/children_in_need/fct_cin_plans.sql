-- One row per child in need plan that has begun; an end after the as-at date has not happened. Annex A gives only the position
-- at a month end (list 6), no spells, so this fact comes from the SSD alone.
-- Step up: the child's first child protection plan that starts after the day the child in need plan started; a temporary plan of
-- another authority is none. A share of those
-- that step up within 12 months needs the whole window to have passed, hence null before.
with

plans as (
    select
        children.child_key,
        children.date_of_birth,
        plans.cin_plan_id,
        plans.referral_id,
        plans.cin_plan_start_date as start_date,
        {{ by_as_at('plans.cin_plan_end_date') }} as end_date,
        run.as_at,
        plans.team_id as team_name,
        plans.worker_id,
        plans.snapshot_date,
        plans.load_id,
        plans.row_number
    from {{ ref('stg_ssd__cin_plans') }} as plans
    inner join {{ ref('int_children__identities') }} as children on plans.child_id = children.child_id
    cross join {{ ref('stg_control__run') }} as run
    where plans.cin_plan_start_date <= run.as_at
),

stepped_up as (
    select
        plans.cin_plan_id,
        min(cp_plans.start_date) as cp_plan_start_date
    from plans
    inner join {{ ref('fct_cp_plans') }} as cp_plans
        on
            plans.child_key = cp_plans.child_key
            and plans.start_date < cp_plans.start_date
            and not coalesce(cp_plans.is_other_authority_plan, false)
    group by plans.cin_plan_id
)

select
    {{ row_key(['plans.child_key', 'plans.cin_plan_id']) }} as cin_plan_key,
    episodes.cin_key,
    plans.child_key,
    plans.start_date,
    plans.end_date,
    {{ days_between('plans.start_date', 'coalesce(plans.end_date, plans.as_at)') }} as days_on_plan,
    plans.date_of_birth is null or plans.date_of_birth > plans.start_date as is_unborn_at_start,
    stepped_up.cp_plan_start_date as next_cp_plan_start_date,
    {{ add_months('plans.start_date', 12) }} as step_up_window_end_date,
    {{ happened_within('plans.start_date', 12, 'stepped_up.cp_plan_start_date', 'known.known_to') }} as has_cp_plan_within_12_months,
    workers.worker_key,
    {{ team_columns() }},
    plans.load_id,
    plans.row_number
from plans
left join {{ ref('int_children_in_need__episodes') }} as episodes
    on plans.child_key = episodes.child_key and plans.referral_id = episodes.referral_id
left join stepped_up on plans.cin_plan_id = stepped_up.cin_plan_id
left join {{ ref('int_control__known_to') }} as known on known.fact = 'cp_plans'
left join {{ ref('stg_control__worker_keys') }} as workers on plans.worker_id = workers.worker_id
{{ team_joins('plans', 'plans.start_date') }}
