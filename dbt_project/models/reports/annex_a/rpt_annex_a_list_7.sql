-- List 7: children on a child protection plan, one row per child: the latest plan that is open or ended in six months. Visits and
-- reviews are those of the plan up to the day; by Annex A they are what the last position of the plan shows. A child too young
-- to be seen alone, or not born, at the last visit was neither seen alone nor not: unknown.
with

plans as (
    select
        days.period,
        days.reference_date,
        days.window_start,
        plans.cp_plan_key,
        plans.child_key,
        plans.source_route,
        plans.start_date,
        case when plans.end_date <= days.reference_date then plans.end_date end as end_date,
        plans.initial_category,
        plans.latest_category,
        plans.previous_cp_plans,
        plans.team_code,
        row_number() over (
            partition by days.period, plans.child_key order by plans.start_date desc, plans.cp_plan_key asc
        ) as place
    from {{ ref('fct_cp_plans') }} as plans
    inner join {{ ref('int_annex_a__days') }} as days
        on
            plans.start_date <= days.reference_date
            and (plans.end_date is null or plans.end_date >= days.window_start)
),

visits as (
    select
        plans.period,
        plans.cp_plan_key,
        visits.visit_date,
        case
            when visits.is_child_seen_alone then 'yes'
            when not visits.is_child_seen_alone or not visits.is_child_seen then 'no'
            else 'unknown'
        end as seen_alone,
        row_number() over (
            partition by plans.period, plans.cp_plan_key
            order by visits.visit_date desc, visits.is_child_seen_alone desc nulls last, visits.cp_visit_key asc
        ) as place
    from plans
    inner join {{ ref('fct_cp_visits') }} as visits
        on plans.cp_plan_key = visits.cp_plan_key and plans.reference_date >= visits.visit_date
    where plans.place = 1
),

reviews as (
    select
        plans.period,
        plans.cp_plan_key,
        max(reviews.held_date) as latest_review_date
    from plans
    inner join {{ ref('fct_cp_reviews') }} as reviews
        on plans.cp_plan_key = reviews.cp_plan_key and plans.reference_date >= reviews.held_date
    where plans.place = 1
    group by plans.period, plans.cp_plan_key
),

positions as (
    select
        plans.period,
        plans.cp_plan_key,
        positions.latest_category,
        positions.last_statutory_visit_date,
        positions.seen_alone,
        positions.latest_review_date,
        positions.emergency_protection,
        row_number() over (partition by plans.period, plans.cp_plan_key order by positions.month desc) as place
    from plans
    inner join {{ ref('fct_cp_plans_month_end') }} as positions
        on plans.cp_plan_key = positions.cp_plan_key and plans.period >= positions.month
    where plans.place = 1
),

-- an emergency protection order, or the use of police powers, in force on a day of the six months
emergencies as (
    select distinct
        plans.period,
        plans.child_key
    from plans
    inner join {{ ref('fct_legal_statuses') }} as statuses
        on
            plans.child_key = statuses.child_key
            and statuses.legal_status_group = 'emergency_protection'
            and plans.reference_date >= statuses.start_date
            and plans.window_start <= {{ end_or_never('statuses.end_date') }}
),

listed as (
    select
        plans.period,
        plans.reference_date,
        plans.child_key,
        plans.start_date,
        plans.end_date,
        {{ last_case_day('plans.start_date', 'plans.end_date', 'plans.reference_date') }} as case_day,
        plans.initial_category,
        case when plans.end_date is null then coalesce(positions.latest_category, plans.latest_category) else plans.latest_category end
            as latest_category,
        coalesce(visits.visit_date, positions.last_statutory_visit_date) as last_statutory_visit_date,
        coalesce(visits.seen_alone, positions.seen_alone) as seen_alone,
        coalesce(reviews.latest_review_date, positions.latest_review_date) as latest_review_date,
        case
            when emergencies.child_key is not null then 'yes'
            when plans.source_route = 'annex_a' then positions.emergency_protection
            else 'no'
        end as emergency_protection,
        plans.previous_cp_plans,
        plans.team_code
    from plans
    left join visits on plans.period = visits.period and plans.cp_plan_key = visits.cp_plan_key and visits.place = 1
    left join reviews on plans.period = reviews.period and plans.cp_plan_key = reviews.cp_plan_key
    left join emergencies on plans.period = emergencies.period and plans.child_key = emergencies.child_key
    left join positions
        on plans.period = positions.period and plans.cp_plan_key = positions.cp_plan_key and positions.place = 1
    where plans.place = 1
)

select
    listed.period,
    listed.child_key,
    {{ listed_child() }},
    children.disability,
    listed.start_date as cp_plan_start_date,
    listed.initial_category,
    listed.latest_category,
    listed.last_statutory_visit_date,
    listed.seen_alone,
    listed.latest_review_date,
    listed.end_date as cp_plan_end_date,
    listed.emergency_protection,
    cast(listed.previous_cp_plans as integer) as previous_cp_plans,
    {{ listed_case_columns() }}
from listed
inner join {{ ref('dim_child') }} as children on listed.child_key = children.child_key
{{ listed_case_joins(by_allocation=true) }}
