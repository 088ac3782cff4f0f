-- One row per formal dispute, on the day it was closed.
select
    {{ kpi_item_columns('disputes', 'dispute_key', 'closed_date') }}
    disputes.plan_type,
    coalesce(disputes.resolved_at_stage, 'not_resolved') as resolved_at_stage,
    1 as is_formal_dispute_closed,
    {{ kpi_flag('disputes.is_resolved_at_first_stage') }} as is_resolved_at_first_stage,
    {{ kpi_flag('disputes.is_resolved_in_time') }} as is_resolved_in_time,
    disputes.working_days_to_close
from {{ ref('fct_dispute_resolutions') }} as disputes
{{ kpi_item_joins('disputes', 'closed_date') }}
where disputes.is_formal
