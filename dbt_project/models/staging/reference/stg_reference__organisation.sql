with

source as (
    {{ settle('reference', 'organisation') }}
),

renamed as (
    select
        -- ids
        source.team_code,
        -- dates
        source.valid_from,
        source.valid_to,
        -- codes and names
        source.team_name,
        source.service_code,
        source.service_name,
        -- where the row comes from
        source.load_id,
        source.snapshot_date,
        source.row_number
    from source
)

select * from renamed
