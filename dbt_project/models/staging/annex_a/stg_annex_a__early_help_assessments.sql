with

source as (
    {{ settle('annex_a', 'list_2') }}
),

renamed as (
    select
        -- ids
        source.child_id,
        source.organisation,
        -- dates
        source.date_of_birth,
        source.assessment_start_date,
        source.assessment_completion_date,
        -- codes and names
        source.gender,
        source.ethnicity,
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
