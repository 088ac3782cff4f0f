with

source as (
    {{ settle('annex_a', 'list_6') }}
),

renamed as (
    select
        -- ids
        source.child_id,
        -- dates
        source.date_of_birth,
        source.cin_start_date,
        source.last_seen_date,
        source.cin_closure_date,
        -- codes and names
        source.gender,
        source.ethnicity,
        source.disability,
        source.primary_need,
        source.closure_reason,
        source.case_status,
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
