{%- set columns = [
    'audit_id', 'subject_id', 'child_id', 'allocated_date', 'due_date', 'completed_date', 'moderated_date',
    'template', 'subject_type', 'service_code', 'team_code', 'status', 'lead_auditor', 'peer_auditor', 'lead_grade',
    'peer_grade', 'agreed_grade', 'graded_independently', 'moderator', 'moderated_grade', 'views_sought', 'views_obtained',
    'child_views_obtained', 'parent_views_obtained', 'carer_views_obtained', 'adopter_views_obtained',
    'views_not_sought_reason', 'views_not_obtained_reason', 'qa_form_recorded', 'worker_discussion', 'case_note_recorded', 'learning_shared', 'escalated', 'reaudit_of',
    'withdrawal_approved', 'load_id',
    'snapshot_date', 'row_number'
] -%}
{{ tracker_or_form(columns, ref('stg_quality_assurance__audits'), ref('stg_quality_assurance__form_audits')) }}
