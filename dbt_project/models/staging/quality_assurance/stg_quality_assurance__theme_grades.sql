with

tracker as (
    {{ settle('quality_assurance', 'theme_grades') }}
),

forms as (
    {{ settle('quality_assurance', 'form_theme_grades') }}
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
