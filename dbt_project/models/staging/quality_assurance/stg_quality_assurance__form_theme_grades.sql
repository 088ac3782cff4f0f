with

source as (
    {{ settle('quality_assurance', 'form_theme_grades') }}
),

renamed as (
    select
        -- ids
        source.audit_id,
        source.theme,
        -- codes and names
        source.grade,
        -- where the row comes from
        source.load_id,
        source.snapshot_date,
        source.row_number
    from source
)

select * from renamed
