-- Audits come from the tracker or as answers of the form in the case system; of an audit in both, the tracker counts.
select
    audit_id,
    theme,
    grade,
    load_id,
    snapshot_date,
    row_number
from {{ ref('stg_quality_assurance__theme_grades') }}

union all

select
    audit_id,
    theme,
    grade,
    load_id,
    snapshot_date,
    row_number
from {{ ref('stg_quality_assurance__form_theme_grades') }}
where audit_id not in (select tracker.audit_id from {{ ref('stg_quality_assurance__theme_grades') }} as tracker)
