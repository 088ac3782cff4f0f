-- One row per formal dispute, on the day it was opened.
select
    {{ kpi_item_columns('disputes', 'dispute_key', 'formal_raised_date') }}
    disputes.plan_type,
    1 as is_formal_dispute
from {{ ref('fct_dispute_resolutions') }} as disputes
{{ kpi_item_joins('disputes', 'formal_raised_date') }}
