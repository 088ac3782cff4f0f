with

source as (
    {{ settle('quality_assurance', 'form_audit_actions') }}
),

renamed as (
    select
        -- ids
        source.action_id,
        source.audit_id,
        -- dates
        source.due_date,
        source.completed_date,
        source.review_date,
        -- codes and names
        source.theme,
        source.owner_role,
        source.status,
        source.review_status,
        source.footprint_recorded,
        -- where the row comes from
        source.load_id,
        source.snapshot_date,
        source.row_number
    from source
)

select * from renamed
