-- Care leavers whom each monthly snapshot shows as entitled to a service; one row per young person. What the standards make due
-- is counted from the last review and the last contact known then.
select
    {{ month_key('snapshots.snapshot_date') }} as month,
    snapshots.reference_date,
    {{ row_key(['snapshots.child_key']) }} as care_leaver_key,
    snapshots.child_key,
    snapshots.source_route,
    snapshots.uasc,
    snapshots.eligibility,
    snapshots.pathway_plan_review_date,
    {{ due_after('snapshots.pathway_plan_review_date', 'plan_standard') }} as pathway_plan_due_date,
    {{ due_after('snapshots.pathway_plan_review_date', 'plan_standard') }} >= snapshots.reference_date as is_pathway_plan_in_time,
    snapshots.in_touch,
    snapshots.latest_contact_date,
    {{ days_between('snapshots.latest_contact_date', 'snapshots.reference_date') }} as days_since_contact,
    {{ due_after('snapshots.latest_contact_date', 'contact_standard') }} as contact_due_date,
    {{ due_after('snapshots.latest_contact_date', 'contact_standard') }} >= snapshots.reference_date as is_contact_in_time,
    snapshots.accommodation_type,
    snapshots.accommodation_suitability,
    snapshots.activity_status,
    {{ activity_group('snapshots.activity_status') }} as activity_group,
    snapshots.has_personal_adviser,
    {{ age_in_years('snapshots.date_of_birth', 'snapshots.reference_date') }} as age,
    worker_keys.worker_key,
    {{ team_columns() }},
    snapshots.load_id,
    snapshots.row_number
from {{ ref('int_care_leavers__snapshots') }} as snapshots
left join {{ ref('stg_control__worker_keys') }} as worker_keys on snapshots.worker_id = worker_keys.worker_id
{{ standard_join('pathway_plan', 'snapshots.pathway_plan_review_date', 'plan_standard') }}
{{ due_joins('snapshots.pathway_plan_review_date', 'plan_standard') }}
{{ standard_join('personal_adviser', 'snapshots.latest_contact_date', 'contact_standard') }}
{{ due_joins('snapshots.latest_contact_date', 'contact_standard') }}
{{ team_joins('snapshots', 'snapshots.reference_date') }}
