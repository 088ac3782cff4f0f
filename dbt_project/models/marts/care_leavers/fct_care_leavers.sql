-- Every care leaver of any snapshot held, as the latest one that shows them says; who is not in the latest snapshot of all
-- receives a service no more, and stands as last known.
with

shown as (
    select
        leavers.care_leaver_key,
        leavers.child_key,
        leavers.source_route,
        leavers.reference_date,
        leavers.uasc,
        leavers.eligibility,
        leavers.pathway_plan_review_date,
        leavers.pathway_plan_due_date,
        leavers.is_pathway_plan_in_time,
        leavers.in_touch,
        leavers.latest_contact_date,
        leavers.days_since_contact,
        leavers.contact_due_date,
        leavers.is_contact_in_time,
        leavers.accommodation_type,
        leavers.accommodation_suitability,
        leavers.activity_status,
        leavers.activity_group,
        leavers.has_personal_adviser,
        leavers.age,
        leavers.worker_key,
        leavers.team_code,
        leavers.service_code,
        leavers.load_id,
        leavers.row_number,
        min(leavers.reference_date) over (partition by leavers.child_key) as first_seen_date,
        max(leavers.reference_date) over () as latest_snapshot_date,
        row_number() over (partition by leavers.child_key order by leavers.reference_date desc, leavers.month desc) as place
    from {{ ref('fct_care_leavers_month_end') }} as leavers
)

select
    care_leaver_key,
    child_key,
    source_route,
    first_seen_date,
    reference_date,
    reference_date = latest_snapshot_date as is_receiving_service,
    uasc,
    eligibility,
    pathway_plan_review_date,
    pathway_plan_due_date,
    is_pathway_plan_in_time,
    in_touch,
    latest_contact_date,
    days_since_contact,
    contact_due_date,
    is_contact_in_time,
    accommodation_type,
    accommodation_suitability,
    activity_status,
    activity_group,
    has_personal_adviser,
    age,
    worker_key,
    team_code,
    service_code,
    load_id,
    row_number
from shown
where place = 1
