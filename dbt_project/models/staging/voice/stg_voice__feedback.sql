with

source as (
    {{ settle('voice', 'feedback') }}
),

renamed as (
    select
        -- ids
        source.response_id,
        source.question,
        source.child_id,
        -- dates
        source.response_date,
        -- codes and names
        source.channel,
        source.respondent,
        source.service_code,
        source.team_code,
        source.answer,
        source.theme,
        -- where the row comes from
        source.load_id,
        source.snapshot_date,
        source.row_number
    from source
)

select * from renamed
