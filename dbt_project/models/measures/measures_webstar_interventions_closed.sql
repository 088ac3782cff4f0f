-- One row per intervention, on the day it was closed.
select
    {{ kpi_item_columns('interventions', 'intervention_key', 'closed_date') }}
    interventions.closure_reason,
    {{ kpi_flag('interventions.start_star_date is not null') }} as has_start_star,
    {{ kpi_flag('interventions.start_star_date is not null and interventions.is_paired') }} as is_paired,
    {{ kpi_flag('interventions.start_star_date is not null and interventions.end_star_date is null') }} as is_end_star_missing
from {{ ref('fct_webstar_interventions') }} as interventions
{{ kpi_item_joins('interventions', 'closed_date') }}
