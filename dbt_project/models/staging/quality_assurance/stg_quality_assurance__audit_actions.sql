with

tracker as (
    {{ settle('quality_assurance', 'audit_actions') }}
),

forms as (
    {{ settle('quality_assurance', 'form_audit_actions') }}
),

-- Audits come from the tracker or as answers of the form in the case system; of an audit in both, the tracker counts.
source as (
    select * from tracker
    union all
    select * from forms
    where forms.audit_id not in (select tracker.audit_id from tracker)
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
