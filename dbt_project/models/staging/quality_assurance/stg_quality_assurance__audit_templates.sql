with

source as (
    {{ settle('quality_assurance', 'audit_templates') }}
),

renamed as (
    select
        -- ids
        source.template,
        -- dates
        source.valid_from,
        source.valid_to,
        -- codes and names
        source.title,
        source.moderated,
        source.review_anchor,
        -- where the row comes from
        source.load_id,
        source.snapshot_date,
        source.row_number
    from source
)

select * from renamed
