select
    audits.audit_key,
    audits.child_key,
    grades.theme,
    grades.grade,
    audits.template,
    audits.is_moderated_template,
    audits.service_code,
    audits.team_code,
    audits.completed_date,
    audits.final_grade_date,
    grades.load_id,
    grades.row_number
from {{ ref('int_quality_assurance__theme_grades') }} as grades
inner join {{ ref('fct_audits') }} as audits on grades.audit_id = audits.audit_id
where audits.completed_date is not null
