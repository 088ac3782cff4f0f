with

source as (
    {{ settle('reference', 'record_restrictions') }}
),

renamed as (
    select
        -- ids
        source.child_id,
        -- dates
        source.valid_from,
        source.valid_to,
        -- codes and names
        source.restriction,
        source.approved_by,
        -- where the row comes from
        source.load_id,
        source.snapshot_date,
        source.row_number
    from source
)

select * from renamed
