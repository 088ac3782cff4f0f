with

source as (
    {{ settle('annex_a', 'list_9') }}
),

renamed as (
    select
        -- ids
        source.child_id,
        -- dates
        source.date_of_birth,
        source.pathway_plan_review_date,
        source.latest_contact_date,
        -- codes and names
        source.gender,
        source.ethnicity,
        source.uasc,
        source.disability,
        source.team as team_name,
        source.worker as worker_name,
        source.personal_adviser,
        source.eligibility,
        source.in_touch,
        source.accommodation_type,
        source.accommodation_suitability,
        source.activity_status,
        -- numbers
        source.age as recorded_age,
        -- where the row comes from
        source.load_id,
        source.snapshot_date,
        source.row_number,
        source.is_current
    from source
)

select * from renamed
