-- One row per audit completed and not moderated at a month end.
select
    {{ kpi_item_columns('audits', 'audit_key', 'reference_date') }}
    1 as is_awaiting_moderation,
    {{ kpi_flag('audits.is_overdue') }} as is_moderation_overdue,
    {{ kpi_flag('audits.moderation_due_date > audits.reference_date') }} as is_moderation_not_yet_due
from {{ ref('fct_audits_awaiting_moderation_month_end') }} as audits
{{ kpi_item_joins('audits', 'reference_date') }}
