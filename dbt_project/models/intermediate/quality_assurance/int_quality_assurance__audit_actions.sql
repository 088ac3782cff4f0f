-- Audits come from the tracker or as answers of the form in the case system; of an audit in both, the tracker counts.
select
    action_id,
    audit_id,
    due_date,
    completed_date,
    review_date,
    theme,
    owner_role,
    status,
    review_status,
    footprint_recorded,
    load_id,
    snapshot_date,
    row_number
from {{ ref('stg_quality_assurance__audit_actions') }}

union all

select
    action_id,
    audit_id,
    due_date,
    completed_date,
    review_date,
    theme,
    owner_role,
    status,
    review_status,
    footprint_recorded,
    load_id,
    snapshot_date,
    row_number
from {{ ref('stg_quality_assurance__form_audit_actions') }}
where audit_id not in (select tracker.audit_id from {{ ref('stg_quality_assurance__audit_actions') }} as tracker)
