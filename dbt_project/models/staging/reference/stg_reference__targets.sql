with

source as (
    {{ settle('reference', 'targets') }}
),

renamed as (
    select
        -- ids
        source.kpi,
        source.service_code,
        -- dates
        source.valid_from,
        source.valid_to,
        -- codes and names
        source.contract,
        -- numbers
        source.target,
        source.target_high,
        source.tolerance,
        source.floor,
        source.weighting,
        -- where the row comes from
        source.load_id,
        source.snapshot_date,
        source.row_number
    from source
)

select * from renamed
