with

source as (
    {{ settle('annex_a', 'list_4') }}
),

renamed as (
    select
        -- ids
        source.child_id,
        -- dates
        source.date_of_birth,
        source.assessment_start_date,
        source.authorisation_date,
        -- codes and names
        source.gender,
        source.ethnicity,
        source.disability,
        source.child_seen,
        source.support_required,
        source.team as team_name,
        source.worker as worker_name,
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
