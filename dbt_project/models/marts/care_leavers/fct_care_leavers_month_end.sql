-- Care leavers whom each monthly snapshot shows as entitled to a service; one row per young person.
with

snapshots as (
    select
        rows_held.child_id,
        rows_held.uasc,
        rows_held.eligibility,
        rows_held.pathway_plan_review_date,
        rows_held.in_touch,
        rows_held.latest_contact_date,
        rows_held.accommodation_type,
        rows_held.accommodation_suitability,
        rows_held.activity_status,
        rows_held.team_name,
        rows_held.snapshot_date,
        rows_held.load_id,
        rows_held.row_number,
        {{ reference_day('rows_held') }} as reference_date,
        row_number() over (
            partition by rows_held.child_id, rows_held.snapshot_date
            order by rows_held.load_id desc, rows_held.row_number desc
        ) as row_rank
    from {{ ref('stg_annex_a__care_leavers') }} as rows_held
    cross join {{ ref('stg_control__run') }} as run
)

select
    {{ month_key('snapshots.snapshot_date') }} as month,
    snapshots.reference_date,
    {{ row_key(['children.child_key']) }} as care_leaver_key,
    children.child_key,
    snapshots.uasc,
    snapshots.eligibility,
    snapshots.pathway_plan_review_date,
    snapshots.in_touch,
    snapshots.latest_contact_date,
    snapshots.accommodation_type,
    snapshots.accommodation_suitability,
    snapshots.activity_status,
    {{ age_in_years('children.date_of_birth', 'snapshots.reference_date') }} as age,
    {{ team_columns() }},
    snapshots.load_id,
    snapshots.row_number
from snapshots
inner join {{ ref('int_children__identities') }} as children on snapshots.child_id = children.child_id
{{ team_joins('snapshots', 'snapshots.reference_date') }}
where
    snapshots.row_rank = 1
