-- One row per targeted audit: of a service, or of the chairs and reviewing officers. Without a due date it is due on the day it was
-- commissioned.
select
    {{ row_key(['audits.targeted_audit_id', 'audits.commissioned_date']) }} as targeted_audit_key,
    coalesce(audits.kind, 'unknown') as kind,
    audits.topic,
    audits.theme,
    coalesce(nullif(trim(audits.service_code), ''), 'unmapped') as service_code,
    coalesce(nullif(trim(audits.team_code), ''), 'unmapped') as team_code,
    audits.commissioned_by_role,
    audits.reason,
    audits.commissioned_date,
    coalesce(audits.due_date, audits.commissioned_date) as due_date,
    audits.due_date is not null as is_due_date_recorded,
    audits.children_audited,
    {{ by_as_at('audits.template_received_date') }} as template_received_date,
    {{ by_as_at('audits.completed_date') }} as completed_date,
    {{ by_as_at('audits.completed_date', answered_yes('audits.learning_recorded')) }} as is_learning_recorded,
    {{ by_as_at('audits.disseminated_date') }} as disseminated_date,
    audits.load_id,
    audits.row_number
from {{ ref('stg_quality_assurance__targeted_audits') }} as audits
inner join {{ ref('stg_control__run') }} as run on audits.commissioned_date <= run.as_at
