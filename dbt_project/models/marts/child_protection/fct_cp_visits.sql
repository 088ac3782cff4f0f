-- A visit belongs to the plan whose days contain it (the number of the plan is often not recorded), its last day too; on a day
-- shared by two plans to the one it names, else to the authority's own rather than a temporary plan of another, else to the
-- later one. The visit clock runs
-- from the visit before, whether or not the child was seen at it, and starts with the plan; that day is day 0, and the practice
-- standard in force on it says until when the visit is in time. A visit outside any plan has no clock, nor has the first one held
-- of a plan that began before the visits held do: there was one before it, perhaps.
-- An unborn child cannot be seen: whether it was is not known then, neither yes nor no.
with

placed as (
    select
        children.child_key,
        children.date_of_birth,
        plans.cp_plan_key,
        history.covered_from is not null as is_whole,
        plans.start_date,
        visits.cp_visit_id,
        visits.cp_visit_date as visit_date,
        visits.cp_visit_seen,
        visits.cp_visit_seen_alone,
        visits.cp_visit_bedroom_seen,
        visits.load_id,
        visits.row_number,
        row_number() over (
            partition by visits.cp_visit_id
            order by
                case when visits.cp_plan_id = plans.cp_plan_id then 0 else 1 end,
                case when plans.is_other_authority_plan then 1 else 0 end,
                plans.start_date desc
        ) as place
    from {{ ref('stg_ssd__cp_visits') }} as visits
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on visits.child_id = children.child_id
    left join {{ ref('int_child_protection__plans') }} as plans
        on
            children.child_key = plans.child_key
            and visits.cp_visit_date between plans.start_date and coalesce(plans.end_date, cast('9999-12-31' as date))
    left join {{ ref('int_control__coverage') }} as history
        on
            history.source = 'ssd'
            and history.table_name = 'cp_visits'
            and plans.start_date between history.covered_from and history.covered_to
    where visits.cp_visit_date <= run.as_at
),

judged as (
    select
        child_key,
        cp_plan_key,
        case when is_whole then start_date end as start_date,
        is_whole,
        cp_visit_id,
        visit_date,
        date_of_birth is null or date_of_birth > visit_date as is_unborn,
        case when date_of_birth <= visit_date then {{ answered_yes('cp_visit_seen') }} end as is_child_seen,
        -- a child who was not seen was not seen alone, whether or not the second box was ticked
        case
            when date_of_birth <= visit_date and cp_visit_seen = 'no' then false
            when date_of_birth <= visit_date then {{ answered_yes('cp_visit_seen_alone') }}
        end as is_child_seen_alone,
        {{ answered_yes('cp_visit_bedroom_seen') }} as is_bedroom_seen,
        load_id,
        row_number,
        row_number() over (
            partition by child_key, cp_plan_key order by visit_date, {{ in_number_order('cp_visit_id') }}
        ) as visit_number
    from placed
    where place = 1
),

followed as (
    select
        child_key,
        cp_plan_key,
        cp_visit_id,
        visit_date,
        visit_number,
        is_whole,
        is_unborn,
        is_child_seen,
        is_child_seen_alone,
        is_bedroom_seen,
        load_id,
        row_number,
        lag(visit_date) over (partition by child_key, cp_plan_key order by visit_number) as previous_visit_date,
        lead(visit_date) over (partition by child_key, cp_plan_key order by visit_number) as next_visit_date,
        coalesce(lag(visit_date) over (partition by child_key, cp_plan_key order by visit_number), start_date) as counted_from_date,
        max(case when is_child_seen then visit_date end) over (
            partition by child_key, cp_plan_key order by visit_number rows between unbounded preceding and current row
        ) as latest_seen_date,
        max(case when is_child_seen_alone then visit_date end) over (
            partition by child_key, cp_plan_key order by visit_number rows between unbounded preceding and current row
        ) as latest_seen_alone_date
    from judged
),

clocked as (
    select
        child_key,
        cp_plan_key,
        cp_visit_id,
        visit_date,
        case when is_whole then visit_number end as visit_number,
        is_unborn,
        is_child_seen,
        is_child_seen_alone,
        is_bedroom_seen,
        load_id,
        row_number,
        case when cp_plan_key is not null then previous_visit_date end as previous_visit_date,
        case when cp_plan_key is not null then next_visit_date end as next_visit_date,
        case when cp_plan_key is not null then counted_from_date end as counted_from_date,
        case when cp_plan_key is not null then latest_seen_date end as latest_seen_date,
        case when cp_plan_key is not null then latest_seen_alone_date end as latest_seen_alone_date
    from followed
)

select
    {{ row_key(['visits.child_key', 'visits.cp_visit_id']) }} as cp_visit_key,
    visits.child_key,
    visits.cp_plan_key,
    visits.visit_date,
    visits.visit_number,
    visits.is_unborn,
    visits.is_child_seen,
    visits.is_child_seen_alone,
    visits.is_bedroom_seen,
    visits.previous_visit_date,
    visits.next_visit_date,
    visits.counted_from_date,
    {{ days_between('visits.counted_from_date', 'visits.visit_date') }} as days_since_previous,
    visited.working_day_index - visit_standard_from.working_day_index as working_days_since_previous,
    {{ due_after('visits.counted_from_date', 'visit_standard') }} as due_date,
    visits.visit_date <= {{ in_time_until('visits.counted_from_date', 'visit_standard') }} as is_in_time,
    visits.latest_seen_date,
    visits.latest_seen_alone_date,
    {{ allocation_columns() }},
    workers.worker_key,
    visits.load_id,
    visits.row_number
from clocked as visits
left join {{ ref('dim_date') }} as visited on visits.visit_date = visited.date_day
{{ standard_join('child_protection_visit', 'visits.counted_from_date', 'visit_standard') }}
{{ due_joins('visits.counted_from_date', 'visit_standard') }}
{{ allocation_joins('visits', 'visits.visit_date') }}
left join {{ ref('stg_control__worker_keys') }} as workers on allocation.worker_id = workers.worker_id
