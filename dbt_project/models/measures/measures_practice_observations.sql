-- One row per practice observation planned, on the day it was planned for.
select
    {{ kpi_plain_item_columns('observations', 'observation_key', 'planned_date', "cast(null as varchar)") }}
    observations.practice_setting,
    1 as is_planned,
    {{ kpi_flag('observations.observed_date is not null') }} as is_observed
from {{ ref('fct_practice_observations') }} as observations
{{ kpi_plain_item_joins('observations', 'planned_date') }}
