-- One row per child awaiting an initial child protection conference at a month end.
select
    {{ kpi_item_columns('awaited', 'child_key', 'reference_date') }}
    {{ kpi_flag('awaited.is_conference_decided') }} as is_conference_awaited,
    {{ kpi_flag('awaited.is_conference_decided and awaited.is_overdue') }} as is_conference_overdue,
    {{ kpi_flag('awaited.is_conference_decided and not awaited.is_overdue') }} as is_conference_not_yet_due,
    -- the enquiry has run past the day without an outcome, or the conferences held do not reach so far
    {{ kpi_flag('awaited.is_overdue is null or (not awaited.is_conference_decided and awaited.is_overdue)') }} as is_overdue_not_known
from {{ ref('fct_icpcs_due_month_end') }} as awaited
{{ kpi_item_joins('awaited', 'reference_date') }}
