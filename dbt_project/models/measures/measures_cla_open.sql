-- One row per child looked after at a month end, short breaks and those turned 18 left out.
select
    {{ kpi_item_columns('cla', 'child_key', 'reference_date') }}
    1 as is_looked_after,
    {{ kpi_flag('cla.placements_last_12_months >= 3') }} as is_three_or_more_placements
from {{ ref('fct_cla_month_end') }} as cla
{{ kpi_item_joins('cla', 'reference_date') }}
