-- Households open at each month end: begun by then (approved, or temporarily approved) and not ended. Approved places are those of
-- the last decision by then; where none is held, or it gives no places, those of the household's present terms. Places on hold are
-- known from the extract's own day on only: a household's terms are told as they are now. A place is filled by a child whose stay
-- uses an approved place; a stay above the approval fills none. Children with a restricted record are not counted, or a number above
-- the children shown would tell where one is.
with

covered as (
    -- from when the absence of a visit or a plan tells something
    select
        max(case when table_name = 'supervision_visits' then covered_from end) as supervision_visits_from,
        max(case when table_name = 'supervision_visits' then covered_to end) as supervision_visits_to,
        max(case when table_name = 'unannounced_visits' then covered_from end) as unannounced_visits_from,
        max(case when table_name = 'unannounced_visits' then covered_to end) as unannounced_visits_to,
        max(case when table_name = 'safer_caring_plans' then covered_from end) as safer_caring_plans_from
    from {{ ref('int_control__coverage') }}
    where source = 'fostering'
),

households as (
    select
        month_ends.month,
        month_ends.reference_date,
        households.household_id,
        households.household_key,
        households.household_kind,
        households.household_group,
        households.approved_date,
        households.start_date,
        households.approved_places,
        case when month_ends.reference_date >= households.snapshot_date then households.places_on_hold end as places_on_hold,
        case when month_ends.reference_date >= households.snapshot_date then households.household_status = 'on_hold' end as is_on_hold,
        households.team_name,
        households.snapshot_date,
        households.load_id,
        households.row_number
    from {{ ref('int_fostering__households') }} as households
    inner join {{ ref('int_calendar__month_ends') }} as month_ends
        on
            households.start_date <= month_ends.reference_date
            and {{ end_or_never('households.ended_date') }} > month_ends.reference_date
),

decisions as (
    select
        households.household_key,
        households.month,
        approvals.places_decided,
        row_number() over (
            partition by households.household_key, households.month
            order by approvals.decision_date desc, approvals.row_number desc
        ) as place
    from households
    inner join {{ ref('fct_fostering_approvals') }} as approvals
        on households.household_key = approvals.household_key and households.reference_date >= approvals.decision_date
    where approvals.approval_outcome = 'approved' and approvals.places_decided is not null
),

placements as (
    select
        households.household_key,
        households.month,
        -- a child shown under two numbers fills one place
        count(distinct placements.child_key) as children_placed,
        count(distinct case when placements.is_place_used then placements.child_key end) as places_filled
    from households
    inner join {{ ref('fct_fostering_placements') }} as placements
        on
            households.household_key = placements.household_key
            and households.reference_date >= placements.start_date
            and households.reference_date < {{ end_or_never('placements.end_date') }}
    left join {{ ref('int_children__restrictions') }} as restrictions on placements.child_key = restrictions.child_key
    where restrictions.child_key is null
    group by households.household_key, households.month
),

visits as (
    select
        households.household_key,
        households.month,
        max(case when visits.visit_kind = 'supervision' then visits.visit_date end) as last_supervision_date,
        max(case when visits.visit_kind = 'unannounced' then visits.visit_date end) as last_unannounced_visit_date
    from households
    inner join {{ ref('fct_fostering_visits') }} as visits
        on households.household_key = visits.household_key and households.reference_date >= visits.visit_date
    group by households.household_key, households.month
),

-- The time to the next supervisory visit runs from the last one; of a household not visited yet from its beginning, or from the
-- first day that visits are held for, since one before it is not known.
supervision as (
    select
        households.household_key,
        households.month,
        coalesce(
            visits.last_supervision_date,
            case
                when households.start_date > covered.supervision_visits_from then households.start_date
                else covered.supervision_visits_from
            end
        ) as counted_from_date
    from households
    cross join covered
    left join visits on households.household_key = visits.household_key and households.month = visits.month
),

supervision_due as (
    select
        supervision.household_key,
        supervision.month,
        {{ due_after('supervision.counted_from_date', 'visit_standard') }} as due_date,
        {{ in_time_until('supervision.counted_from_date', 'visit_standard') }} as last_day_in_time
    from supervision
    {{ standard_join('foster_supervision_visit', 'supervision.counted_from_date', 'visit_standard') }}
    {{ due_joins('supervision.counted_from_date', 'visit_standard') }}
),

safer_caring as (
    select
        households.household_key,
        households.month,
        -- a plan is no longer current from the recorded day on; without such a day it goes on. A review counts for one interval,
        -- as long as the plan itself had: if it counted for good, one early review would keep a plan current for ever
        max(
            case
                when plans.safer_caring_review_due_date is null or plans.safer_caring_review_due_date > households.reference_date then 1
                when
                    plans.safer_caring_reviewed_date <= households.reference_date
                    and {{ days_between('plans.safer_caring_reviewed_date', 'households.reference_date') }}
                    < {{ days_between('plans.safer_caring_plan_date', 'plans.safer_caring_review_due_date') }}
                    then 1
                else 0
            end
        ) as current_plans,
        max(plans.household_risk_assessment_date) as last_risk_assessment_date
    from households
    inner join {{ ref('stg_fostering__safer_caring_plans') }} as plans
        on
            households.household_id = plans.household_id
            and households.reference_date >= plans.safer_caring_plan_date
            and households.reference_date < {{ end_or_never('plans.safer_caring_ended_date') }}
    group by households.household_key, households.month
)

select
    households.month,
    households.reference_date,
    households.household_key,
    households.household_kind,
    households.household_group,
    coalesce(households.approved_date > households.reference_date, true) as is_temporarily_approved,
    households.is_on_hold,
    {{ days_between('households.start_date', 'households.reference_date') }} as days_open,
    coalesce(decisions.places_decided, households.approved_places) as approved_places,
    households.places_on_hold,
    coalesce(placements.places_filled, 0) as places_filled,
    coalesce(placements.children_placed, 0) as children_placed,
    visits.last_supervision_date,
    supervision_due.due_date as supervision_due_date,
    not {{ is_overdue('supervision_due.last_day_in_time', 'households.reference_date', 'covered.supervision_visits_to') }}
        as is_supervision_in_time,
    visits.last_unannounced_visit_date,
    -- of households approved for a year, and of years covered in full; null otherwise, visited or not
    case
        when households.approved_date is null or {{ add_months('households.approved_date', 12) }} > households.reference_date then null
        when
            covered.unannounced_visits_from <= {{ add_days(add_months('households.reference_date', -12), 1) }}
            and covered.unannounced_visits_to >= households.reference_date
            then coalesce(visits.last_unannounced_visit_date > {{ add_months('households.reference_date', -12) }}, false)
    end as has_unannounced_visit_in_year,
    case
        when safer_caring.current_plans = 1 then true
        when covered.safer_caring_plans_from <= households.reference_date then false
    end as has_current_safer_caring_plan,
    safer_caring.last_risk_assessment_date,
    {{ team_columns() }},
    households.load_id,
    households.row_number
from households
cross join covered
left join decisions
    on households.household_key = decisions.household_key and households.month = decisions.month and decisions.place = 1
left join placements on households.household_key = placements.household_key and households.month = placements.month
left join visits on households.household_key = visits.household_key and households.month = visits.month
left join supervision_due
    on households.household_key = supervision_due.household_key and households.month = supervision_due.month
left join safer_caring on households.household_key = safer_caring.household_key and households.month = safer_caring.month
{{ team_joins('households', 'households.reference_date') }}
