-- One row per audit of the partnership's programme, planned ones ahead included.
select
    {{ row_key(['audits.multi_agency_audit_id', 'audits.commissioning_group']) }} as multi_agency_audit_key,
    audits.programme_year,
    audits.commissioning_group,
    audits.theme,
    audits.planned_date,
    {{ by_as_at('audits.completed_date') }} as completed_date,
    {{ by_as_at('audits.reported_date') }} as reported_date,
    audits.children_audited,
    audits.load_id,
    audits.row_number
from {{ ref('stg_quality_assurance__multi_agency_audits') }} as audits
cross join {{ ref('stg_control__run') }} as run
