-- One row per case file audit, on the day it was completed.
select
    {{ kpi_item_columns('audits', 'audit_key', 'completed_date') }}
    1 as is_completed_audit,
    {{ kpi_flag('audits.moderated_grade is not null') }} as is_moderated
from {{ ref('fct_audits') }} as audits
{{ kpi_item_joins('audits', 'completed_date') }}
where audits.status = 'completed'
