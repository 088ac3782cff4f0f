with

source as (
    {{ settle('voice', 'webstar') }}
),

renamed as (
    select
        -- ids
        source.intervention_id,
        source.child_id,
        source.respondent,
        source.stage,
        source.area,
        -- dates
        source.star_date,
        -- codes and names
        source.service_code,
        source.team_code,
        -- numbers
        source.score,
        -- where the row comes from
        source.load_id,
        source.snapshot_date,
        source.row_number
    from source
)

select * from renamed
