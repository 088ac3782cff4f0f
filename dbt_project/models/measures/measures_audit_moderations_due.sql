-- One row per case file audit completed on a template that is moderated, on the last day of its time for moderation.
select
    {{ kpi_item_columns('audits', 'audit_key', 'moderation_due_date') }}
    1 as is_moderation_due,
    {{ kpi_flag('audits.moderated_grade is not null') }} as is_moderated
from {{ ref('fct_audits') }} as audits
{{ kpi_item_joins('audits', 'moderation_due_date') }}
where audits.is_moderated_template and audits.status = 'completed'
