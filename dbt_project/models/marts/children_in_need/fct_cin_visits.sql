-- One row per child in need visit. The clock runs from the visit before on the same plan, whether or not the child was seen at
-- it, or from the plan's start where there is none; day 0 is that day. A visit on no plan has no clock. Of plans that overlap the one begun
-- last counts. At a visit before the birth there is no child to be seen: seen, seen alone and bedroom are null, not false.
-- A plan that began before the visits held do may have been visited before: its first visit held has no clock.
with

visits_held as (
    select min(covered_from) as covered_from
    from {{ ref('int_control__coverage') }}
    where source = 'ssd' and table_name = 'cin_visits'
),

visits as (
    select
        children.child_key,
        children.date_of_birth,
        visits.cin_visit_id,
        visits.cin_visit_date as visit_date,
        visits.cin_visit_seen,
        visits.cin_visit_seen_alone,
        visits.cin_visit_bedroom_seen,
        lag(visits.cin_visit_date) over (
            partition by children.child_key order by visits.cin_visit_date, visits.cin_visit_id
        ) as previous_visit_date,
        visits.load_id,
        visits.row_number
    from {{ ref('stg_ssd__cin_visits') }} as visits
    inner join {{ ref('int_children__identities') }} as children on visits.child_id = children.child_id
    cross join {{ ref('stg_control__run') }} as run
    where visits.cin_visit_date <= run.as_at
),

on_plans as (
    select
        visits.child_key,
        visits.date_of_birth,
        visits.cin_visit_id,
        visits.visit_date,
        visits.cin_visit_seen,
        visits.cin_visit_seen_alone,
        visits.cin_visit_bedroom_seen,
        visits.load_id,
        visits.row_number,
        plans.cin_plan_key,
        visits.date_of_birth > visits.visit_date as is_before_birth,
        case when visits.previous_visit_date >= plans.start_date then visits.previous_visit_date end as previous_visit_date,
        case
            when visits.previous_visit_date >= plans.start_date then visits.previous_visit_date
            when plans.start_date >= visits_held.covered_from then plans.start_date
        end as counted_from_date,
        row_number() over (
            partition by visits.cin_visit_id order by plans.start_date desc, plans.cin_plan_key asc
        ) as place
    from visits
    cross join visits_held
    left join {{ ref('fct_cin_plans') }} as plans
        on
            visits.child_key = plans.child_key
            and visits.visit_date >= plans.start_date
            and visits.visit_date <= {{ end_or_never('plans.end_date') }}
)

select
    {{ row_key(['on_plans.child_key', 'on_plans.cin_visit_id']) }} as cin_visit_key,
    on_plans.cin_plan_key,
    on_plans.child_key,
    on_plans.visit_date,
    case when coalesce(on_plans.is_before_birth, false) then null else {{ answered_yes('on_plans.cin_visit_seen') }} end as is_seen,
    case
        when coalesce(on_plans.is_before_birth, false) then null
        else {{ answered_yes('on_plans.cin_visit_seen_alone') }}
    end as is_seen_alone,
    case
        when coalesce(on_plans.is_before_birth, false) then null
        else {{ answered_yes('on_plans.cin_visit_bedroom_seen') }}
    end as is_bedroom_seen,
    on_plans.date_of_birth is null or on_plans.date_of_birth > on_plans.visit_date as is_unborn,
    on_plans.previous_visit_date,
    on_plans.counted_from_date,
    {{ days_between('on_plans.counted_from_date', 'on_plans.visit_date') }} as days_since_previous,
    visit_day.working_day_index - counted_from.working_day_index as working_days_since_previous,
    {{ due_after('on_plans.counted_from_date', 'standard') }} as due_date,
    on_plans.visit_date <= {{ in_time_until('on_plans.counted_from_date', 'standard') }} as is_in_time,
    workers.worker_key,
    {{ allocation_columns() }},
    on_plans.load_id,
    on_plans.row_number
from on_plans
left join {{ ref('dim_date') }} as visit_day on on_plans.visit_date = visit_day.date_day
left join {{ ref('dim_date') }} as counted_from on on_plans.counted_from_date = counted_from.date_day
{{ standard_join('child_in_need_visit', 'on_plans.counted_from_date', 'standard') }}
{{ due_joins('on_plans.counted_from_date', 'standard') }}
{{ allocation_joins('on_plans', 'on_plans.visit_date') }}
left join {{ ref('stg_control__worker_keys') }} as workers on allocation.worker_id = workers.worker_id
where on_plans.place = 1
