-- One row per case file audit and theme, on the day the audit got its final grade.
with

grades as (
    select
        {{ row_key(['themes.audit_key', 'themes.theme']) }} as theme_grade_key,
        themes.child_key,
        themes.service_code,
        themes.team_code,
        themes.final_grade_date,
        themes.theme,
        themes.grade,
        case when themes.is_moderated_template then 'moderated' else 'auditor' end as final_grade_basis
    from {{ ref('fct_audit_theme_grades') }} as themes
    where themes.final_grade_date is not null
)

select
    {{ kpi_item_columns('grades', 'theme_grade_key', 'final_grade_date') }}
    grades.theme,
    grades.final_grade_basis,
    1 as is_theme_graded,
    {{ kpi_flag("grades.grade in ('outstanding', 'good')") }} as is_good_or_better,
    {{ kpi_flag("grades.grade = 'outstanding'") }} as is_outstanding,
    {{ kpi_flag("grades.grade = 'good'") }} as is_good,
    {{ kpi_flag("grades.grade = 'requires_improvement'") }} as is_requires_improvement,
    {{ kpi_flag("grades.grade = 'inadequate'") }} as is_inadequate
from grades
{{ kpi_item_joins('grades', 'final_grade_date') }}
