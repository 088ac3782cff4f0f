-- One row per dispute, informal or formal, on the day the concern was first raised.
select
    {{ kpi_item_columns('disputes', 'dispute_key', 'raised_date') }}
    disputes.plan_type,
    1 as is_dispute
from {{ ref('fct_dispute_resolutions') }} as disputes
{{ kpi_item_joins('disputes', 'raised_date') }}
