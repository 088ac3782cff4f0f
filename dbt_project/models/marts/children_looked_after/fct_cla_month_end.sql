-- Children looked after at each month end; one row per child. Short breaks (V3, V4) are not a period of being looked after, and
-- nobody is looked after from the 18th birthday on, even when the period of care was left open.
-- From the case system the position of every month end is made of the whole history, so that what was entered late is in it; the
-- last contact of the independent reviewing officer is held only as it is now, so that it is not known for a month end before it, and
-- answers about return interviews are those known now. A visit or review that fell due after the last day its table covers is not
-- called overdue. From Annex A every month end is what the snapshot of the month shows.
with

snapshots as (
    select
        children.child_key,
        children.date_of_birth,
        {{ leaves_care_on('children') }} as leaves_on,
        rows_held.cla_start_date as start_date,
        rows_held.category_of_need,
        rows_held.legal_status,
        rows_held.legal_status_start_date,
        rows_held.uasc,
        rows_held.permanence_plan,
        rows_held.latest_review_date,
        rows_held.last_social_work_visit_date,
        rows_held.last_iro_contact_date,
        rows_held.last_health_assessment_date,
        rows_held.last_dental_check_date,
        rows_held.placements_last_12_months,
        rows_held.placement_start_date,
        rows_held.placement_type,
        rows_held.placement_provider,
        rows_held.placement_location,
        rows_held.missing_episodes_last_12_months,
        rows_held.absent_episodes_last_12_months,
        rows_held.return_interview_offered,
        rows_held.return_interview_accepted,
        rows_held.team_name,
        rows_held.snapshot_date,
        rows_held.load_id,
        rows_held.row_number,
        {{ reference_day('rows_held') }} as reference_date,
        row_number() over (
            partition by children.child_key, rows_held.snapshot_date
            order by rows_held.load_id desc, rows_held.row_number desc
        ) as row_rank
    from {{ ref('stg_annex_a__children_looked_after') }} as rows_held
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on rows_held.child_id = children.child_id
    where
        {{ is_open_on_reference_day('rows_held', 'cla_start_date', 'cla_end_date') }}
        and {{ on_route('cla_periods', 'annex_a') }}
),

looked_after as (
    select
        month_ends.month,
        month_ends.reference_date,
        {{ add_months('month_ends.reference_date', -12) }} as year_before,
        -- absence from care is counted: from home it is not absence of a child looked after
        greatest({{ add_months('month_ends.reference_date', -12) }}, {{ add_days('periods.start_date', -1) }}) as absent_since,
        periods.child_key,
        periods.start_date,
        periods.category_of_need,
        periods.load_id,
        periods.row_number
    from {{ ref('int_calendar__month_ends') }} as month_ends
    inner join {{ ref('int_children_looked_after__periods') }} as periods
        on
            month_ends.reference_date >= periods.start_date
            and month_ends.reference_date < {{ end_or_never('periods.end_date') }}
    where not periods.is_short_break
),

homes as (
    select
        placements.child_key,
        placements.start_date,
        placements.end_date,
        placements.home_start_date,
        placements.stable_since_date,
        placements.placement_type,
        placements.placement_provider,
        placements.distance_miles,
        placements.placement_home_key,
        not placements.is_temporary and not placements.is_under_24_hours as is_lasting
    from {{ ref('fct_placements') }} as placements
    where not placements.is_short_break
),

-- Homes of the 12 months to the reference date: those the child was in at either end count, one with the same carer counts once.
placement_counts as (
    select
        looked_after.child_key,
        looked_after.month,
        count(distinct homes.home_start_date) as placements_last_12_months
    from looked_after
    inner join homes
        on
            looked_after.child_key = homes.child_key
            and looked_after.reference_date >= homes.start_date
            and looked_after.year_before < {{ end_or_never('homes.end_date') }}
    where homes.is_lasting
    group by looked_after.child_key, looked_after.month
),

checks as (
    select
        children.child_key,
        health.health_check_date as check_date,
        health.health_check_type = 'dental_check' as is_dental_check,
        lead(health.health_check_date) over (
            partition by children.child_key, health.health_check_type = 'dental_check'
            order by health.health_check_date, health.health_check_id
        ) as next_check_date
    from {{ ref('stg_ssd__cla_health') }} as health
    inner join {{ ref('int_children__identities') }} as children on health.child_id = children.child_id
    where
        health.health_check_status = 'completed'
        and health.health_check_type in ('health_assessment', 'initial_health_assessment', 'dental_check')
        and health.health_check_date is not null
),

-- Of plans made in parallel the one that stands first in the code list is shown.
plan_items as (
    select
        care_plan_id,
        min({{ ranked_permanence_plan('item') }}) as ranked_plan
    from {{ ref('stg_ssd__care_plan_items') }}
    where upper(value) in ('Y', 'YES', 'TRUE', '1')
    group by care_plan_id
),

plans_of_care as (
    select
        children.child_key,
        care_plans.care_plan_start_date as start_date,
        care_plans.care_plan_end_date as end_date,
        substring(plan_items.ranked_plan, 3) as permanence_plan,
        lead(care_plans.care_plan_start_date) over (
            partition by children.child_key order by care_plans.care_plan_start_date, care_plans.care_plan_id
        ) as next_start_date
    from {{ ref('stg_ssd__cla_care_plan') }} as care_plans
    inner join {{ ref('int_children__identities') }} as children on care_plans.child_id = children.child_id
    left join plan_items on care_plans.care_plan_id = plan_items.care_plan_id
),

plans as (
    select
        child_key,
        start_date,
        case when next_start_date < end_date then next_start_date else coalesce(end_date, next_start_date) end as end_date,
        permanence_plan
    from plans_of_care
),

absences as (
    select distinct
        children.child_key,
        cast(missing.missing_start_at as date) as start_date,
        missing.missing_start_at,
        missing.missing_type,
        missing.return_interview_offered,
        missing.return_interview_accepted
    from {{ ref('stg_ssd__missing') }} as missing
    inner join {{ ref('int_children__identities') }} as children on missing.child_id = children.child_id
),

absence_counts as (
    select
        looked_after.child_key,
        looked_after.month,
        count(distinct case when absences.missing_type = 'absent' then absences.missing_start_at end) as absent_episodes,
        -- what is not said to be an absence is an episode of being missing
        count(distinct case when coalesce(absences.missing_type, '') <> 'absent' then absences.missing_start_at end) as missing_episodes
    from looked_after
    inner join absences
        on
            looked_after.child_key = absences.child_key
            and looked_after.absent_since < absences.start_date
            and looked_after.reference_date >= absences.start_date
    group by looked_after.child_key, looked_after.month
),

missing_in_order as (
    select
        child_key,
        start_date,
        return_interview_offered,
        return_interview_accepted,
        lead(start_date) over (
            partition by child_key order by missing_start_at, return_interview_offered, return_interview_accepted
        ) as next_start_date
    from absences
    where coalesce(missing_type, '') <> 'absent'
),

iro_contacts as (
    select
        child_key,
        period_start_date,
        last_iro_contact_date,
        lead(last_iro_contact_date) over (
            partition by child_key, period_start_date order by last_iro_contact_date
        ) as next_contact_date
    from {{ ref('int_children_looked_after__episodes') }}
    where last_iro_contact_date is not null
    group by child_key, period_start_date, last_iro_contact_date
),

covered as (
    select
        min(case when table_name = 'missing' then covered_from end) as missing_from,
        max(case when table_name = 'cla_reviews' then covered_to end) as reviews_known_to,
        max(case when table_name = 'cla_visits' then covered_to end) as visits_known_to
    from {{ ref('int_control__coverage') }}
    where source = 'ssd'
),

both_routes as (
    select
        looked_after.child_key,
        looked_after.month,
        looked_after.reference_date,
        looked_after.start_date,
        looked_after.category_of_need,
        statuses.legal_status,
        statuses.start_date as legal_status_start_date,
        people.uasc,
        plans.permanence_plan,
        reviews.previous_review_date as latest_review_date,
        visits.previous_visit_date as last_social_work_visit_date,
        iro_contacts.last_iro_contact_date,
        health_assessments.check_date as last_health_assessment_date,
        dental_checks.check_date as last_dental_check_date,
        placement_counts.placements_last_12_months,
        coalesce(placements.home_start_date, placements.start_date) as placement_start_date,
        placements.stable_since_date,
        placements.placement_type,
        placements.placement_provider,
        cast(null as varchar) as placement_location,
        placements.distance_miles,
        placements.placement_home_key,
        case when covered.missing_from <= looked_after.absent_since then coalesce(absence_counts.missing_episodes, 0) end
            as missing_episodes_last_12_months,
        case when covered.missing_from <= looked_after.absent_since then coalesce(absence_counts.absent_episodes, 0) end
            as absent_episodes_last_12_months,
        case when last_missing.child_key is not null then coalesce(last_missing.return_interview_offered, 'unknown') end
            as return_interview_offered,
        last_missing.return_interview_accepted,
        reviews.due_date as next_review_due_date,
        reviews.in_time_until as next_review_in_time_until,
        visits.due_date as next_visit_due_date,
        {{ age_in_years('people.date_of_birth', 'looked_after.reference_date') }} as age,
        coalesce(allocation_team.team_code, 'unmapped') as team_code,
        coalesce(allocation_team.service_code, 'unmapped') as service_code,
        'ssd' as source_route,
        looked_after.load_id,
        looked_after.row_number
    from looked_after
    cross join covered
    inner join {{ ref('int_children__people') }} as people on looked_after.child_key = people.child_key
    left join {{ ref('int_children_looked_after__legal_statuses') }} as statuses
        on
            looked_after.child_key = statuses.child_key
            and looked_after.reference_date >= statuses.start_date
            and looked_after.reference_date < {{ end_or_never('statuses.end_date') }}
            and statuses.is_care_status
    left join homes as placements
        on
            looked_after.child_key = placements.child_key
            and looked_after.reference_date >= placements.start_date
            and looked_after.reference_date < {{ end_or_never('placements.end_date') }}
    left join placement_counts
        on looked_after.child_key = placement_counts.child_key and looked_after.month = placement_counts.month
    left join {{ ref('int_children_looked_after__reviews') }} as reviews
        on
            looked_after.child_key = reviews.child_key
            and looked_after.reference_date >= reviews.clock_start_date
            and looked_after.reference_date < {{ end_or_never('reviews.clock_end_date') }}
    left join {{ ref('int_children_looked_after__visits') }} as visits
        on
            looked_after.child_key = visits.child_key
            and looked_after.reference_date >= visits.clock_start_date
            and looked_after.reference_date < {{ end_or_never('visits.clock_end_date') }}
    left join iro_contacts
        on
            looked_after.child_key = iro_contacts.child_key
            and looked_after.reference_date >= iro_contacts.last_iro_contact_date
            and looked_after.reference_date < {{ end_or_never('iro_contacts.next_contact_date') }}
            and looked_after.start_date = iro_contacts.period_start_date
    left join checks as health_assessments
        on
            looked_after.child_key = health_assessments.child_key
            and looked_after.reference_date >= health_assessments.check_date
            and looked_after.reference_date < {{ end_or_never('health_assessments.next_check_date') }}
            and looked_after.start_date <= health_assessments.check_date
            and not health_assessments.is_dental_check
    left join checks as dental_checks
        on
            looked_after.child_key = dental_checks.child_key
            and looked_after.reference_date >= dental_checks.check_date
            and looked_after.reference_date < {{ end_or_never('dental_checks.next_check_date') }}
            and looked_after.start_date <= dental_checks.check_date
            and dental_checks.is_dental_check
    left join plans
        on
            looked_after.child_key = plans.child_key
            and looked_after.reference_date >= plans.start_date
            and looked_after.reference_date < {{ end_or_never('plans.end_date') }}
    left join absence_counts
        on looked_after.child_key = absence_counts.child_key and looked_after.month = absence_counts.month
    left join missing_in_order as last_missing
        on
            looked_after.child_key = last_missing.child_key
            and looked_after.reference_date >= last_missing.start_date
            and looked_after.reference_date < {{ end_or_never('last_missing.next_start_date') }}
            and looked_after.absent_since < last_missing.start_date
    {{ allocation_joins('looked_after', 'looked_after.reference_date') }}
    union all
    select
        snapshots.child_key,
        {{ month_key('snapshots.snapshot_date') }} as month,
        snapshots.reference_date,
        snapshots.start_date,
        snapshots.category_of_need,
        snapshots.legal_status,
        snapshots.legal_status_start_date,
        snapshots.uasc,
        snapshots.permanence_plan,
        snapshots.latest_review_date,
        snapshots.last_social_work_visit_date,
        snapshots.last_iro_contact_date,
        snapshots.last_health_assessment_date,
        snapshots.last_dental_check_date,
        snapshots.placements_last_12_months,
        snapshots.placement_start_date,
        snapshots.placement_start_date as stable_since_date,
        snapshots.placement_type,
        snapshots.placement_provider,
        snapshots.placement_location,
        cast(null as decimal(18, 4)) as distance_miles,
        cast(null as varchar) as placement_home_key,
        snapshots.missing_episodes_last_12_months,
        snapshots.absent_episodes_last_12_months,
        snapshots.return_interview_offered,
        snapshots.return_interview_accepted,
        cast(null as date) as next_review_due_date,
        cast(null as date) as next_review_in_time_until,
        cast(null as date) as next_visit_due_date,
        {{ age_in_years('snapshots.date_of_birth', 'snapshots.reference_date') }} as age,
        {{ team_columns() }},
        'annex_a' as source_route,
        snapshots.load_id,
        snapshots.row_number
    from snapshots
    {{ team_joins('snapshots', 'snapshots.reference_date') }}
    where
        snapshots.row_rank = 1
        and {{ end_or_never('snapshots.leaves_on') }} > snapshots.reference_date
)

select
    both_routes.month,
    both_routes.reference_date,
    {{ row_key(['both_routes.child_key', 'both_routes.start_date']) }} as cla_key,
    both_routes.child_key,
    both_routes.start_date,
    {{ days_between('both_routes.start_date', 'both_routes.reference_date') }} + 1 as days_looked_after,
    both_routes.category_of_need,
    both_routes.legal_status,
    both_routes.legal_status_start_date,
    {{ legal_status_group('both_routes.legal_status') }} as legal_status_group,
    both_routes.uasc,
    both_routes.permanence_plan,
    both_routes.latest_review_date,
    both_routes.next_review_due_date,
    {{ is_overdue('both_routes.next_review_in_time_until', 'both_routes.reference_date', 'covered.reviews_known_to') }}
        as is_review_overdue,
    both_routes.last_social_work_visit_date,
    both_routes.next_visit_due_date,
    {{ is_overdue('both_routes.next_visit_due_date', 'both_routes.reference_date', 'covered.visits_known_to') }} as is_visit_overdue,
    both_routes.last_iro_contact_date,
    both_routes.last_health_assessment_date,
    both_routes.last_dental_check_date,
    both_routes.placements_last_12_months,
    both_routes.placement_start_date,
    both_routes.placement_type,
    {{ placement_type_group('both_routes.placement_type') }} as placement_type_group,
    both_routes.placement_provider,
    both_routes.placement_location,
    both_routes.distance_miles,
    both_routes.placement_home_key,
    both_routes.age < 16 and both_routes.start_date <= {{ add_months('both_routes.reference_date', -30) }} as is_long_term_looked_after,
    case
        when both_routes.age < 16 and both_routes.start_date <= {{ add_months('both_routes.reference_date', -30) }}
            then both_routes.stable_since_date <= {{ add_months('both_routes.reference_date', -24) }}
    end as is_long_term_stable,
    both_routes.missing_episodes_last_12_months,
    both_routes.absent_episodes_last_12_months,
    both_routes.return_interview_offered,
    both_routes.return_interview_accepted,
    both_routes.age,
    both_routes.team_code,
    both_routes.service_code,
    both_routes.source_route,
    both_routes.load_id,
    both_routes.row_number
from both_routes
cross join covered
where both_routes.legal_status is null or both_routes.legal_status not in ('V3', 'V4')
