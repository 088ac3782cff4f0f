{%- set columns = [
    'audit_id', 'theme', 'grade', 'load_id', 'snapshot_date', 'row_number'
] -%}
{{ tracker_or_form(columns, ref('stg_quality_assurance__theme_grades'), ref('stg_quality_assurance__form_theme_grades')) }}
