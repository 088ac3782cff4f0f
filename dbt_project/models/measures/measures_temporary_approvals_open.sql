-- One row per temporary approval under regulation 24 open at a month end.
select
    {{ kpi_item_columns('temporary', 'temporary_approval_key', 'reference_date') }}
    1 as is_temporary_approval,
    {{ kpi_flag('temporary.is_past_its_time') }} as is_past_its_time,
    {{ kpi_flag('temporary.last_day_allowed is null') }} as is_last_day_not_recorded
from {{ ref('fct_temporary_approvals_month_end') }} as temporary
{{ kpi_item_joins('temporary', 'reference_date') }}
