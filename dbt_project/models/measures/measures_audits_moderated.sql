-- One row per case file audit of a template that is moderated, on the day of moderation.
select
    {{ kpi_item_columns('audits', 'audit_key', 'moderated_date') }}
    coalesce(audits.moderation_direction, 'not_compared') as moderation_direction,
    coalesce(audits.pre_moderation_basis, 'none') as pre_moderation_basis,
    1 as is_moderated,
    audits.working_days_to_moderation,
    {{ kpi_flag('audits.moderation_direction is not null') }} as is_compared,
    {{ kpi_flag("audits.moderation_direction = 'same'") }} as is_same_grade,
    {{ kpi_flag("audits.case_note_recorded = 'yes'") }} as is_case_note_recorded,
    {{ kpi_flag('audits.case_note_recorded is null') }} as is_case_note_not_recorded
from {{ ref('fct_audits') }} as audits
{{ kpi_item_joins('audits', 'moderated_date') }}
where audits.is_moderated_template and audits.moderated_grade is not null
