-- One row per intervention, on the day it was opened.
select
    {{ kpi_item_columns('interventions', 'intervention_key', 'opened_date') }}
    {{ kpi_flag('interventions.is_star_expected') }} as is_star_expected,
    {{ kpi_flag('interventions.is_star_expected and interventions.start_star_date is not null') }} as is_star_started
from {{ ref('fct_webstar_interventions') }} as interventions
{{ kpi_item_joins('interventions', 'opened_date') }}
