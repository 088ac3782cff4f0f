with

source as (
    {{ settle('quality_assurance', 'audits') }}
),

renamed as (
    select
        -- ids
        source.audit_id,
        source.subject_id,
        source.child_id,
        -- dates
        source.allocated_date,
        source.due_date,
        source.completed_date,
        source.moderated_date,
        -- codes and names
        source.template,
        source.subject_type,
        source.service_code,
        source.team_code,
        source.status,
        source.lead_auditor,
        source.peer_auditor,
        source.lead_grade,
        source.peer_grade,
        source.graded_independently,
        source.moderator,
        source.moderated_grade,
        source.views_sought,
        source.views_obtained,
        source.views_not_sought_reason,
        source.worker_discussion,
        source.case_note_recorded,
        source.learning_shared,
        -- where the row comes from
        source.load_id,
        source.snapshot_date,
        source.row_number
    from source
)

select * from renamed
