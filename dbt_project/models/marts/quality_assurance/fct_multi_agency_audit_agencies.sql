-- One row per audit of the partnership's programme and agency asked to take part; known once the audit was completed.
select
    {{ row_key(['audits.multi_agency_audit_key', 'agencies.agency']) }} as audit_agency_key,
    audits.multi_agency_audit_key,
    audits.commissioning_group,
    audits.theme,
    audits.completed_date,
    agencies.agency,
    {{ answered_yes('agencies.took_part') }} as is_taking_part,
    agencies.grade,
    agencies.load_id,
    agencies.row_number
from {{ ref('stg_quality_assurance__multi_agency_audit_agencies') }} as agencies
inner join {{ ref('stg_quality_assurance__multi_agency_audits') }} as recorded
    on agencies.multi_agency_audit_id = recorded.multi_agency_audit_id
inner join {{ ref('fct_multi_agency_audits') }} as audits
    on
        {{ row_key(['recorded.multi_agency_audit_id', 'recorded.commissioning_group']) }} = audits.multi_agency_audit_key
        and audits.completed_date is not null
