-- Children on a child protection plan at the reference date of each month end; one row per child. A plan that ended on the
-- reference date is closed. Unborn children are on plans too. By the case system the plans open then, with the visits and
-- reviews held by then; by Annex A those whom the snapshot of the month shows. A child on the authority's own plan and on
-- a temporary one of another authority shows with its own.
-- Due days are counted from the last visit (or review) of the plan, from the plan's first day (or its initial conference) before
-- any; the standard in force on the day counted from says how long. What is due on the reference date is not overdue.
-- The visits and reviews of a plan that began before those held do are not all held: what their absence would tell is not known.
-- Nor is it known what was done after the last day their tables cover: what fell due after that day is not called overdue.
-- Unseen too long: the standard for seeing the child is counted from the day the child was last seen. Annex A does not tell whether
-- the child was seen at the last visit: that visit stands for it there.
with

open_plans as (
    select
        month_ends.month,
        month_ends.reference_date,
        plans.cp_plan_key,
        plans.child_key,
        plans.date_of_birth,
        plans.start_date,
        plans.review_clock_date,
        plans.initial_category,
        plans.latest_category,
        plans.is_other_authority_plan,
        plans.previous_cp_plans,
        plans.load_id,
        plans.row_number,
        row_number() over (
            partition by plans.child_key, month_ends.month
            order by case when plans.is_other_authority_plan then 1 else 0 end, plans.start_date, plans.row_number
        ) as place
    from {{ ref('int_child_protection__plans') }} as plans
    inner join {{ ref('int_calendar__month_ends') }} as month_ends
        on
            plans.start_date <= month_ends.reference_date
            and {{ end_or_never('plans.end_date') }} > month_ends.reference_date
    where plans.source_route = 'ssd'
),

-- a review not held when it was due is late from the day after on, whether or not it was held later
review_counts as (
    select
        open_plans.month,
        open_plans.cp_plan_key,
        max(reviews.held_date) as latest_review_date,
        count(*) as reviews_held,
        count(*) filter (where not reviews.is_on_time) as reviews_held_late
    from open_plans
    inner join {{ ref('fct_cp_reviews') }} as reviews
        on open_plans.cp_plan_key = reviews.cp_plan_key and open_plans.reference_date >= reviews.held_date
    group by open_plans.month, open_plans.cp_plan_key
),

case_system as (
    select
        open_plans.month,
        open_plans.reference_date,
        open_plans.cp_plan_key,
        open_plans.child_key,
        open_plans.date_of_birth,
        open_plans.start_date,
        open_plans.review_clock_date,
        open_plans.initial_category,
        open_plans.latest_category,
        open_plans.is_other_authority_plan,
        open_plans.previous_cp_plans,
        visits.visit_date as last_statutory_visit_date,
        case when visits.is_child_seen_alone then 'yes' when not visits.is_child_seen_alone then 'no' end as seen_alone,
        visits.latest_seen_date,
        visits.latest_seen_alone_date,
        review_counts.latest_review_date,
        case when review_history.covered_from is not null then coalesce(review_counts.reviews_held, 0) end as reviews_held,
        case when review_history.covered_from is not null then coalesce(review_counts.reviews_held_late, 0) end as reviews_held_late,
        visit_history.covered_from is not null as has_all_visits,
        review_history.covered_from is not null as has_all_reviews,
        open_plans.load_id,
        open_plans.row_number
    from open_plans
    left join {{ ref('fct_cp_visits') }} as visits
        on
            open_plans.cp_plan_key = visits.cp_plan_key
            and open_plans.reference_date >= visits.visit_date
            and open_plans.reference_date < {{ end_or_never('visits.next_visit_date') }}
    left join review_counts
        on open_plans.month = review_counts.month and open_plans.cp_plan_key = review_counts.cp_plan_key
    left join {{ ref('int_control__coverage') }} as visit_history
        on
            visit_history.source = 'ssd'
            and visit_history.table_name = 'cp_visits'
            and open_plans.start_date between visit_history.covered_from and visit_history.covered_to
    left join {{ ref('int_control__coverage') }} as review_history
        on
            review_history.source = 'ssd'
            and review_history.table_name = 'cp_reviews'
            and open_plans.review_clock_date between review_history.covered_from and review_history.covered_to
    where open_plans.place = 1
),

known as (
    select
        max(case when table_name = 'cp_visits' then covered_to end) as visits_known_to,
        max(case when table_name = 'cp_reviews' then covered_to end) as reviews_known_to
    from {{ ref('int_control__coverage') }}
    where source = 'ssd'
),

snapshots as (
    select
        children.child_key,
        children.date_of_birth,
        rows_held.cp_plan_start_date as start_date,
        rows_held.initial_category,
        rows_held.latest_category,
        rows_held.last_statutory_visit_date,
        rows_held.seen_alone,
        rows_held.latest_review_date,
        rows_held.emergency_protection,
        rows_held.previous_cp_plans,
        rows_held.team_name,
        rows_held.snapshot_date,
        rows_held.load_id,
        rows_held.row_number,
        {{ reference_day('rows_held') }} as reference_date,
        row_number() over (
            partition by children.child_key, rows_held.snapshot_date
            order by rows_held.load_id desc, rows_held.row_number desc
        ) as row_rank
    from {{ ref('stg_annex_a__child_protection_plans') }} as rows_held
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on rows_held.child_id = children.child_id
    where
        {{ is_open_on_reference_day('rows_held', 'cp_plan_start_date', 'cp_plan_end_date') }}
        and {{ on_route('cp_plans', 'annex_a') }}
),

shown as (
    select
        month,
        reference_date,
        cp_plan_key,
        child_key,
        date_of_birth,
        'ssd' as source_route,
        start_date,
        review_clock_date,
        initial_category,
        latest_category,
        is_other_authority_plan,
        last_statutory_visit_date,
        seen_alone,
        latest_seen_date,
        latest_seen_alone_date,
        latest_review_date,
        reviews_held,
        reviews_held_late,
        has_all_visits,
        has_all_reviews,
        cast(null as varchar) as emergency_protection,
        previous_cp_plans,
        cast(null as varchar) as team_name,
        reference_date as snapshot_date,
        load_id,
        row_number
    from case_system
    union all
    select
        {{ month_key('snapshot_date') }} as month,
        reference_date,
        {{ row_key(['child_key', 'start_date']) }} as cp_plan_key,
        child_key,
        date_of_birth,
        'annex_a' as source_route,
        start_date,
        start_date as review_clock_date,
        initial_category,
        latest_category,
        cast(null as boolean) as is_other_authority_plan,
        last_statutory_visit_date,
        seen_alone,
        cast(null as date) as latest_seen_date,
        cast(null as date) as latest_seen_alone_date,
        latest_review_date,
        cast(null as bigint) as reviews_held,
        cast(null as bigint) as reviews_held_late,
        true as has_all_visits,
        true as has_all_reviews,
        emergency_protection,
        previous_cp_plans,
        team_name,
        snapshot_date,
        load_id,
        row_number
    from snapshots
    where row_rank = 1
),

-- a visit or review before the plan (Annex A shows the child's last one, of whatever plan) does not set its clock
clocked as (
    select
        shown.month,
        shown.reference_date,
        shown.cp_plan_key,
        shown.child_key,
        shown.source_route,
        shown.start_date,
        shown.initial_category,
        shown.latest_category,
        shown.is_other_authority_plan,
        shown.last_statutory_visit_date,
        shown.seen_alone,
        shown.latest_seen_date,
        shown.latest_seen_alone_date,
        shown.latest_review_date,
        shown.reviews_held,
        shown.reviews_held_late,
        shown.emergency_protection,
        shown.previous_cp_plans,
        shown.team_name,
        shown.snapshot_date,
        shown.load_id,
        shown.row_number,
        {{ age_in_years('shown.date_of_birth', 'shown.reference_date') }} as age,
        shown.date_of_birth is null or shown.date_of_birth > shown.reference_date as is_unborn,
        case
            when shown.last_statutory_visit_date >= shown.start_date then shown.last_statutory_visit_date
            when shown.has_all_visits then shown.start_date
        end as visit_clock_date,
        case
            when shown.last_statutory_visit_date is not null then true
            when shown.has_all_visits then false
        end as has_visit_recorded,
        coalesce(shown.latest_review_date >= shown.review_clock_date, false) as is_reviewed,
        case
            when shown.latest_review_date >= shown.review_clock_date then shown.latest_review_date
            when shown.has_all_reviews then shown.review_clock_date
        end as review_clock_date,
        -- a child never seen has gone unseen since the plan began, or since it was born
        case
            when shown.source_route = 'ssd' and shown.date_of_birth <= shown.reference_date
                then coalesce(
                    shown.latest_seen_date,
                    case when shown.has_all_visits then greatest(shown.date_of_birth, shown.start_date) end
                )
        end as unseen_since_date,
        case
            when shown.source_route = 'annex_a' and shown.date_of_birth <= shown.reference_date
                then greatest(shown.date_of_birth, shown.start_date, coalesce(shown.last_statutory_visit_date, shown.start_date))
        end as visited_since_date
    from shown
),

due as (
    select
        clocked.month,
        clocked.reference_date,
        clocked.cp_plan_key,
        clocked.child_key,
        clocked.source_route,
        clocked.start_date,
        clocked.initial_category,
        clocked.latest_category,
        clocked.is_other_authority_plan,
        clocked.last_statutory_visit_date,
        clocked.seen_alone,
        clocked.latest_seen_date,
        clocked.latest_seen_alone_date,
        clocked.latest_review_date,
        clocked.reviews_held,
        clocked.reviews_held_late,
        clocked.emergency_protection,
        clocked.previous_cp_plans,
        clocked.team_name,
        clocked.snapshot_date,
        clocked.load_id,
        clocked.row_number,
        clocked.age,
        clocked.is_unborn,
        clocked.has_visit_recorded,
        -- a list tells its own day
        case clocked.source_route when 'ssd' then known.visits_known_to else clocked.reference_date end as visits_known_to,
        case clocked.source_route when 'ssd' then known.reviews_known_to else clocked.reference_date end as reviews_known_to,
        referred.working_day_index - visit_standard_from.working_day_index as working_days_since_visit,
        referred.working_day_index - unseen_from.working_day_index as working_days_unseen,
        {{ due_after('clocked.visit_clock_date', 'visit_standard') }} as next_visit_due_date,
        {{ in_time_until('clocked.visit_clock_date', 'visit_standard') }} as next_visit_in_time_until,
        {{ in_time_until('clocked.start_date', 'interval_standard') }} as first_visit_in_time_until,
        {{ in_time_until('coalesce(clocked.unseen_since_date, clocked.visited_since_date)', 'seen_standard') }} as seen_in_time_until,
        case
            when clocked.is_reviewed then {{ due_after('clocked.review_clock_date', 'next_standard') }}
            else {{ due_after('clocked.review_clock_date', 'first_standard') }}
        end as next_review_due_date
    from clocked
    cross join known
    left join {{ ref('dim_date') }} as referred on clocked.reference_date = referred.date_day
    left join {{ ref('dim_date') }} as unseen_from on clocked.unseen_since_date = unseen_from.date_day
    {{ standard_join('child_protection_visit', 'clocked.visit_clock_date', 'visit_standard') }}
    {{ due_joins('clocked.visit_clock_date', 'visit_standard') }}
    {{ standard_join('child_protection_visit', 'clocked.start_date', 'interval_standard') }}
    {{ due_joins('clocked.start_date', 'interval_standard') }}
    {{ standard_join('child_protection_seen', 'coalesce(clocked.unseen_since_date, clocked.visited_since_date)', 'seen_standard') }}
    {{ due_joins('coalesce(clocked.unseen_since_date, clocked.visited_since_date)', 'seen_standard') }}
    {{ standard_join('first_conference_review', 'clocked.review_clock_date', 'first_standard') }}
    {{ due_joins('clocked.review_clock_date', 'first_standard') }}
    {{ standard_join('next_conference_reviews', 'clocked.review_clock_date', 'next_standard') }}
    {{ due_joins('clocked.review_clock_date', 'next_standard') }}
)

select
    due.month,
    due.reference_date,
    due.cp_plan_key,
    due.child_key,
    due.source_route,
    due.start_date,
    -- both the first day and the reference date are counted
    {{ days_between('due.start_date', 'due.reference_date') }} + 1 as days_on_plan,
    due.initial_category,
    due.latest_category,
    due.is_other_authority_plan,
    due.last_statutory_visit_date,
    due.seen_alone,
    due.latest_seen_date,
    due.latest_seen_alone_date,
    due.working_days_since_visit,
    due.working_days_unseen,
    due.has_visit_recorded,
    due.next_visit_due_date,
    {{ is_overdue('due.next_visit_in_time_until', 'due.reference_date', 'due.visits_known_to') }} as is_visit_overdue,
    due.first_visit_in_time_until < due.reference_date as is_plan_older_than_visit_interval,
    {{ is_overdue('due.seen_in_time_until', 'due.reference_date', 'due.visits_known_to') }} as is_unseen_too_long,
    due.latest_review_date,
    due.reviews_held,
    due.reviews_held_late,
    due.next_review_due_date,
    {{ is_overdue('due.next_review_due_date', 'due.reference_date', 'due.reviews_known_to') }} as is_review_overdue,
    due.reviews_held_late = 0
    and not {{ is_overdue('due.next_review_due_date', 'due.reference_date', 'due.reviews_known_to') }} as has_every_review_on_time,
    due.emergency_protection,
    due.previous_cp_plans,
    due.age,
    due.is_unborn,
    {{ team_or_allocation_columns() }},
    workers.worker_key,
    due.load_id,
    due.row_number
from due
{{ team_joins('due', 'due.reference_date') }}
{{ allocation_joins('due', 'due.reference_date') }}
left join {{ ref('stg_control__worker_keys') }} as workers on allocation.worker_id = workers.worker_id
