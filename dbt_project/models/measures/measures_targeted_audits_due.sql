-- One row per targeted audit, on the day it was due.
select
    {{ kpi_plain_item_columns('audits', 'targeted_audit_key', 'due_date', 'cast(null as varchar)') }}
    audits.kind,
    1 as is_targeted_audit,
    {{ kpi_flag('audits.template_received_date is not null') }} as is_template_received,
    {{ kpi_flag('audits.template_received_date <= audits.due_date') }} as is_template_received_in_time,
    {{ kpi_flag('audits.disseminated_date is not null') }} as is_disseminated
from {{ ref('fct_targeted_audits') }} as audits
{{ kpi_plain_item_joins('audits', 'due_date') }}
