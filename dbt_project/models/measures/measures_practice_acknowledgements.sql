-- One row per acknowledgement of good practice, on the day it was recorded.
select
    {{ kpi_item_columns('acknowledgements', 'acknowledgement_key', 'recorded_date') }}
    acknowledgements.recorded_by_role,
    1 as is_acknowledgement
from {{ ref('fct_practice_acknowledgements') }} as acknowledgements
{{ kpi_item_joins('acknowledgements', 'recorded_date') }}
