-- One row per case file audit, on the day it got its final grade.
select
    {{ kpi_item_columns('audits', 'audit_key', 'final_grade_date') }}
    audits.final_grade_basis,
    audits.final_grade,
    1 as is_graded,
    {{ kpi_flag("audits.final_grade in ('outstanding', 'good')") }} as is_good_or_better,
    {{ kpi_flag("audits.final_grade = 'inadequate'") }} as is_inadequate
from {{ ref('fct_audits') }} as audits
{{ kpi_item_joins('audits', 'final_grade_date') }}
where audits.final_grade is not null
