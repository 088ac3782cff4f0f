-- One row per case file audit, on the day it was due to be completed. An audit withdrawn with approval is not owed.
{% set is_owed = "not (audits.status = 'withdrawn' and coalesce(audits.is_withdrawal_approved, false))" %}

select
    {{ kpi_item_columns('audits', 'audit_key', 'completion_due_date') }}
    {{ kpi_flag(is_owed) }} as is_audit_due,
    {{ kpi_flag(is_owed ~ ' and audits.is_completed_in_time') }} as is_completed_in_time
from {{ ref('fct_audits') }} as audits
{{ kpi_item_joins('audits', 'completion_due_date') }}
