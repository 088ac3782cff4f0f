-- One row per intervention, respondent and area scored at both ends, on the day of the end star.
select
    {{ kpi_item_columns('pairs', 'pair_key', 'end_date') }}
    pairs.respondent,
    pairs.area as webstar_area,
    1 as is_pair,
    pairs.change,
    {{ kpi_flag("pairs.outcome = 'improved'") }} as is_improved,
    {{ kpi_flag("pairs.outcome = 'same'") }} as is_same,
    {{ kpi_flag("pairs.outcome = 'worse'") }} as is_worse,
    {{ kpi_flag("pairs.outcome = 'not_classified'") }} as is_not_classified,
    {{ kpi_flag('pairs.is_start_at_top') }} as is_start_at_top,
    {{ kpi_flag('pairs.is_start_at_top is null') }} as is_scale_not_known
from {{ ref('fct_webstar_pairs') }} as pairs
{{ kpi_item_joins('pairs', 'end_date') }}
