-- One row per audit known at the as-at date. The subject is a child, a fostering household or an adopter family. The number of the
-- audit stands in trackers beside the child's, so that it leaves the restricted zone as a pseudonym only.
select
    keys.audit_key,
    audits.audit_id,
    children.child_key,
    audits.subject_type,
    audits.template,
    audits.is_moderated_template,
    audits.review_anchor,
    coalesce(nullif(trim(audits.service_code), ''), 'unmapped') as service_code,
    coalesce(nullif(trim(audits.team_code), ''), 'unmapped') as team_code,
    audits.allocated_date,
    audits.due_date,
    audits.completed_date,
    audits.status,
    audits.lead_auditor,
    audits.peer_auditor,
    audits.moderator,
    audits.lead_grade,
    audits.peer_grade,
    audits.graded_independently,
    audits.moderated_date,
    audits.moderated_grade,
    audits.final_grade,
    audits.final_grade_basis,
    audits.final_grade_date,
    audits.review_due_date,
    audits.views_sought,
    audits.views_obtained,
    audits.worker_discussion,
    audits.case_note_recorded,
    audits.learning_shared,
    audits.load_id,
    audits.row_number
from {{ ref('int_quality_assurance__audits') }} as audits
inner join {{ ref('stg_control__audit_keys') }} as keys on audits.audit_id = keys.audit_id
left join {{ ref('int_children__identities') }} as children on audits.child_id = children.child_id
