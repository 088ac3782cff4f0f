{%- set columns = [
    'action_id', 'audit_id', 'due_date', 'completed_date', 'review_date', 'theme', 'action_category', 'owner_role', 'reviewer_role', 'status',
    'review_status', 'footprint_recorded', 'load_id', 'snapshot_date', 'row_number'
] -%}
{{ tracker_or_form(columns, ref('stg_quality_assurance__audit_actions'), ref('stg_quality_assurance__form_audit_actions')) }}
