-- One row per formal dispute open at a month end.
select
    {{ kpi_item_columns('disputes', 'dispute_key', 'reference_date') }}
    disputes.plan_type,
    1 as is_open_dispute,
    {{ kpi_flag('disputes.is_overdue') }} as is_overdue_dispute,
    disputes.working_days_open
from {{ ref('fct_open_disputes_month_end') }} as disputes
{{ kpi_item_joins('disputes', 'reference_date') }}
