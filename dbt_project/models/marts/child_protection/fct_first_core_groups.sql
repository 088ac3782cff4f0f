-- One row per child protection plan of the authority that began within the days the core groups cover: its first core group,
-- when it was due and whether it was held by then. Counted from the initial conference (from the plan's first day where none is
-- known), which is day 0; the standard in force on that day says how long. A plan that ended by the day the core group was due,
-- without one, owes none. The day the source gives as due decides nothing. A core group recorded before the day counted from belongs
-- to another plan.
with

meetings as (
    select
        children.child_key,
        core_groups.cp_plan_id,
        core_groups.core_group_date as held_date,
        {{ answered_yes('core_groups.family_attended') }} as has_family_attended,
        core_groups.agencies_attended,
        core_groups.core_group_id
    from {{ ref('stg_partnership__core_groups') }} as core_groups
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on core_groups.child_id = children.child_id
    where core_groups.core_group_date <= run.as_at
),

plans as (
    select
        plans.cp_plan_key,
        plans.child_key,
        plans.cp_plan_id,
        plans.start_date,
        plans.end_date,
        plans.review_clock_date as counted_from_date,
        plans.load_id,
        plans.row_number
    from {{ ref('int_child_protection__plans') }} as plans
    inner join {{ ref('int_control__coverage') }} as history
        on
            history.source = 'partnership'
            and history.table_name = 'core_groups'
            and plans.review_clock_date between history.covered_from and history.covered_to
    -- only the case system gives the numbers that core groups name
    where plans.source_route = 'ssd' and not coalesce(plans.is_other_authority_plan, false)
),

first_meetings as (
    select
        plans.cp_plan_key,
        meetings.held_date,
        meetings.has_family_attended,
        meetings.agencies_attended,
        row_number() over (
            partition by plans.cp_plan_key order by meetings.held_date, {{ in_number_order('meetings.core_group_id') }}
        ) as place
    from plans
    inner join meetings
        on
            plans.child_key = meetings.child_key
            and plans.cp_plan_id = meetings.cp_plan_id
            and plans.counted_from_date <= meetings.held_date
),

known as (
    {{ known_to('partnership', 'core_groups') }}
)

select
    plans.cp_plan_key,
    plans.child_key,
    plans.start_date,
    plans.end_date,
    plans.counted_from_date,
    {{ due_after('plans.counted_from_date', 'core_group_standard') }} as due_date,
    first_meetings.held_date,
    held.working_day_index - core_group_standard_from.working_day_index as working_days_to_core_group,
    {{ done_in_time(
        'first_meetings.held_date', in_time_until('plans.counted_from_date', 'core_group_standard'), 'known.known_to', 'plans.end_date'
    ) }} as is_in_time,
    first_meetings.has_family_attended,
    first_meetings.agencies_attended,
    {{ allocation_columns() }},
    workers.worker_key,
    plans.load_id,
    plans.row_number
from plans
cross join known
left join first_meetings on plans.cp_plan_key = first_meetings.cp_plan_key and first_meetings.place = 1
left join {{ ref('dim_date') }} as held on first_meetings.held_date = held.date_day
{{ standard_join('core_group', 'plans.counted_from_date', 'core_group_standard') }}
{{ due_joins('plans.counted_from_date', 'core_group_standard') }}
{{ allocation_joins('plans', 'plans.counted_from_date') }}
left join {{ ref('stg_control__worker_keys') }} as workers on allocation.worker_id = workers.worker_id
