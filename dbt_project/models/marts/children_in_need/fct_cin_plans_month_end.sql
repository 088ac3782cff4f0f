-- Children in an open episode of need at the reference date of each month; one row per child. An episode that closes on the
-- reference date is closed. By the SSD every open episode counts (unborn children, children looked after or with a child protection
-- plan, care leavers over 18); by Annex A it is what list 6 of the month shows, which leaves adult care leavers out.
-- A child with two open episodes stands here once, with the one that began last, as in list 6; open_episodes keeps the count.
-- A child in need PLAN is such a plan open at the date while the child is not on a child protection plan, not looked after
-- and not a care leaver. Status: the first that holds of looked after, child protection plan, child in need plan; else open
-- assessment, because list 6 knows no other (has_open_assessment tells whether one is open); none for a care leaver, for whom
-- list 6 has no status. A population that nobody stands in on a day was not delivered for it: who belongs to it is not known, nor is
-- what hangs on it. A visit that fell due after the last day the visits cover is not called overdue.
with

open_episodes as (
    select
        episodes.child_key,
        episodes.date_of_birth,
        episodes.cin_key,
        episodes.referral_date as start_date,
        episodes.primary_need,
        episodes.snapshot_date,
        episodes.source_route,
        episodes.load_id,
        episodes.row_number,
        month_ends.month,
        month_ends.reference_date,
        count(*) over (partition by episodes.child_key, month_ends.month) as open_episodes,
        row_number() over (
            partition by episodes.child_key, month_ends.month
            order by episodes.referral_date desc, episodes.cin_key asc
        ) as place
    from {{ ref('int_children_in_need__episodes') }} as episodes
    inner join {{ ref('int_calendar__month_ends') }} as month_ends
        on
            episodes.referral_date <= month_ends.reference_date
            and {{ end_or_never('episodes.close_date') }} > month_ends.reference_date
    where episodes.source_route = 'ssd'
),

listed as (
    select
        children.child_key,
        children.date_of_birth,
        rows_held.cin_start_date as start_date,
        rows_held.primary_need,
        rows_held.last_seen_date,
        rows_held.case_status,
        rows_held.team_name,
        rows_held.worker_name,
        rows_held.snapshot_date,
        rows_held.load_id,
        rows_held.row_number,
        {{ reference_day('rows_held') }} as reference_date,
        row_number() over (
            partition by children.child_key, rows_held.snapshot_date
            order by rows_held.load_id desc, rows_held.row_number desc
        ) as place
    from {{ ref('stg_annex_a__children_in_need') }} as rows_held
    inner join {{ ref('int_children__identities') }} as children on rows_held.child_id = children.child_id
    cross join {{ ref('stg_control__run') }} as run
    where
        {{ on_route('cin_episodes', 'annex_a') }}
        and {{ is_open_on_reference_day('rows_held', 'cin_start_date', 'cin_closure_date') }}
),

plans_open as (
    select
        plans.child_key,
        plans.start_date,
        month_ends.reference_date,
        row_number() over (
            partition by plans.child_key, month_ends.reference_date order by plans.start_date desc, plans.cin_plan_key asc
        ) as place
    from {{ ref('fct_cin_plans') }} as plans
    inner join {{ ref('int_calendar__month_ends') }} as month_ends
        on
            plans.start_date <= month_ends.reference_date
            and {{ end_or_never('plans.end_date') }} > month_ends.reference_date
),

assessments_open as (
    select distinct
        children.child_key,
        month_ends.reference_date
    from {{ ref('stg_ssd__cin_assessments') }} as assessments
    inner join {{ ref('int_children__identities') }} as children on assessments.child_id = children.child_id
    inner join {{ ref('int_calendar__month_ends') }} as month_ends
        on
            assessments.assessment_start_date <= month_ends.reference_date
            and {{ end_or_never('assessments.authorisation_date') }} > month_ends.reference_date
),

visits_held as (
    select
        min(covered_from) as covered_from,
        max(covered_to) as known_to
    from {{ ref('int_control__coverage') }}
    where source = 'ssd' and table_name = 'cin_visits'
),

cp_plan_days as (
    select distinct reference_date
    from {{ ref('fct_cp_plans_month_end') }}
),

looked_after_days as (
    select distinct reference_date
    from {{ ref('fct_cla_month_end') }}
),

care_leaver_days as (
    select distinct reference_date
    from {{ ref('fct_care_leavers_month_end') }}
),

visit_days as (
    select distinct
        child_key,
        visit_date
    from {{ ref('fct_cin_visits') }}
),

visits as (
    select
        child_key,
        visit_date,
        coalesce(
            {{ add_days('lead(visit_date) over (partition by child_key order by visit_date)', -1) }}, cast('9999-12-31' as date)
        ) as latest_until
    from visit_days
),

cases as (
    select
        open_episodes.child_key,
        open_episodes.date_of_birth,
        open_episodes.cin_key,
        open_episodes.month,
        open_episodes.reference_date,
        open_episodes.start_date,
        open_episodes.primary_need,
        -- the day belongs to the episode only from its start on
        case when seen.last_seen_date >= open_episodes.start_date then seen.last_seen_date end as last_seen_date,
        cast(null as varchar) as listed_status,
        plans_open.start_date as cin_plan_start_date,
        case when visits.visit_date >= plans_open.start_date then visits.visit_date end as last_visit_date,
        -- a plan older than the visits held may have been visited before them
        case
            when visits.visit_date >= plans_open.start_date then visits.visit_date
            when plans_open.start_date >= visits_held.covered_from then plans_open.start_date
        end as counted_from_date,
        assessments_open.child_key is not null as has_open_assessment,
        allocation.worker_id,
        allocation.worker_id is not null as is_allocated,
        allocation.team_id as team_name,
        open_episodes.open_episodes,
        open_episodes.snapshot_date,
        open_episodes.source_route,
        open_episodes.load_id,
        open_episodes.row_number
    from open_episodes
    cross join visits_held
    left join {{ ref('int_children_in_need__seen_days') }} as seen
        on
            open_episodes.child_key = seen.child_key
            and open_episodes.reference_date between seen.valid_from and seen.valid_to
    left join plans_open
        on
            open_episodes.child_key = plans_open.child_key
            and open_episodes.reference_date = plans_open.reference_date
            and plans_open.place = 1
    left join visits
        on
            open_episodes.child_key = visits.child_key
            and open_episodes.reference_date between visits.visit_date and visits.latest_until
    left join assessments_open
        on
            open_episodes.child_key = assessments_open.child_key
            and open_episodes.reference_date = assessments_open.reference_date
    left join {{ ref('int_involvements__allocations') }} as allocation
        on
            open_episodes.child_key = allocation.child_key
            and open_episodes.reference_date between allocation.valid_from and allocation.valid_to
    where open_episodes.place = 1

    union all

    select
        child_key,
        date_of_birth,
        case when start_date is not null then {{ row_key(['child_key', 'start_date']) }} end as cin_key,
        {{ month_key('snapshot_date') }} as month,
        reference_date,
        start_date,
        primary_need,
        last_seen_date,
        case_status as listed_status,
        cast(null as date) as cin_plan_start_date,
        cast(null as date) as last_visit_date,
        cast(null as date) as counted_from_date,
        cast(null as boolean) as has_open_assessment,
        cast(null as varchar) as worker_id,
        coalesce(trim(worker_name), '') <> '' as is_allocated,
        team_name,
        -- the list shows a child's latest episode only
        cast(null as bigint) as open_episodes,
        snapshot_date,
        'annex_a' as source_route,
        load_id,
        row_number
    from listed
    where place = 1
),

placed as (
    select
        cases.child_key,
        cases.date_of_birth,
        cases.cin_key,
        cases.month,
        cases.reference_date,
        cases.start_date,
        cases.primary_need,
        cases.last_seen_date,
        cases.listed_status,
        cases.cin_plan_start_date,
        cases.last_visit_date,
        cases.counted_from_date,
        cases.has_open_assessment,
        cases.worker_id,
        cases.is_allocated,
        cases.team_name,
        cases.open_episodes,
        cases.snapshot_date,
        cases.source_route,
        cases.load_id,
        cases.row_number,
        coalesce(cases.cin_plan_start_date is not null or cases.listed_status = 'child_in_need_plan', false) as has_cin_plan,
        case when cp_plan_days.reference_date is not null then cp_plans.child_key is not null end as is_on_cp_plan,
        case when looked_after_days.reference_date is not null then looked_after.child_key is not null end as is_looked_after,
        case when care_leaver_days.reference_date is not null then care_leavers.child_key is not null end as is_care_leaver
    from cases
    left join {{ ref('fct_cp_plans_month_end') }} as cp_plans
        on cases.child_key = cp_plans.child_key and cases.reference_date = cp_plans.reference_date
    left join {{ ref('fct_cla_month_end') }} as looked_after
        on cases.child_key = looked_after.child_key and cases.reference_date = looked_after.reference_date
    left join {{ ref('fct_care_leavers_month_end') }} as care_leavers
        on cases.child_key = care_leavers.child_key and cases.reference_date = care_leavers.reference_date
    left join cp_plan_days on cases.reference_date = cp_plan_days.reference_date
    left join looked_after_days on cases.reference_date = looked_after_days.reference_date
    left join care_leaver_days on cases.reference_date = care_leaver_days.reference_date
),

judged as (
    select
        child_key,
        date_of_birth,
        cin_key,
        month,
        reference_date,
        start_date,
        primary_need,
        last_seen_date,
        listed_status,
        cin_plan_start_date,
        last_visit_date,
        counted_from_date,
        has_open_assessment,
        worker_id,
        is_allocated,
        team_name,
        open_episodes,
        snapshot_date,
        source_route,
        load_id,
        row_number,
        is_on_cp_plan,
        is_looked_after,
        is_care_leaver,
        has_cin_plan and not is_on_cp_plan and not is_looked_after and not is_care_leaver as is_child_in_need_plan
    from placed
),

visit_clock as (
    select
        judged.child_key,
        judged.reference_date,
        {{ due_after('judged.counted_from_date', 'visit') }} as next_visit_due_date,
        {{ in_time_until('judged.counted_from_date', 'visit') }} as next_visit_in_time_until,
        {{ in_time_until('judged.cin_plan_start_date', 'first_visit') }} as first_visit_in_time_until
    from judged
    {{ standard_join('child_in_need_visit', 'judged.counted_from_date', 'visit') }}
    {{ due_joins('judged.counted_from_date', 'visit') }}
    {{ standard_join('child_in_need_visit', 'judged.cin_plan_start_date', 'first_visit') }}
    {{ due_joins('judged.cin_plan_start_date', 'first_visit') }}
    where judged.is_child_in_need_plan and judged.cin_plan_start_date is not null
)

select
    judged.month,
    judged.reference_date,
    judged.cin_key,
    judged.child_key,
    judged.start_date,
    {{ days_between('judged.start_date', 'judged.reference_date') }} as days_open,
    judged.primary_need,
    judged.last_seen_date,
    case
        when judged.source_route = 'annex_a' then judged.listed_status
        when judged.is_looked_after then 'looked_after'
        when judged.is_looked_after is null then null
        when judged.is_on_cp_plan then 'child_protection'
        when judged.is_on_cp_plan is null then null
        when judged.cin_plan_start_date is not null then 'child_in_need_plan'
        when judged.has_open_assessment or not judged.is_care_leaver then 'open_assessment'
    end as case_status,
    judged.is_on_cp_plan,
    judged.is_looked_after,
    judged.is_care_leaver,
    judged.is_child_in_need_plan,
    judged.has_open_assessment,
    case when judged.is_child_in_need_plan then judged.cin_plan_start_date end as cin_plan_start_date,
    case when judged.is_child_in_need_plan then judged.last_visit_date end as last_visit_date,
    visit_clock.next_visit_due_date,
    {{ is_overdue('visit_clock.next_visit_in_time_until', 'judged.reference_date', 'visits_held.known_to') }} as is_visit_overdue,
    visit_clock.first_visit_in_time_until < judged.reference_date as is_plan_older_than_visit_interval,
    judged.is_allocated,
    workers.worker_key,
    {{ age_in_years('judged.date_of_birth', 'judged.reference_date') }} as age,
    judged.date_of_birth is null or judged.date_of_birth > judged.reference_date as is_unborn,
    judged.open_episodes,
    {{ team_columns() }},
    judged.source_route,
    judged.load_id,
    judged.row_number
from judged
cross join visits_held
left join visit_clock
    on judged.child_key = visit_clock.child_key and judged.reference_date = visit_clock.reference_date
left join {{ ref('stg_control__worker_keys') }} as workers on judged.worker_id = workers.worker_id
{{ team_joins('judged', 'judged.reference_date') }}
