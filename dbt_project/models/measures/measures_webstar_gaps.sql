-- One row per intervention, stage and area scored by child and parent, on the day of the later of the two stars. Start and end are
-- counted apart.
select
    {{ kpi_item_columns('gaps', 'gap_key', 'both_scored_date') }}
    gaps.area as webstar_area,
    {{ kpi_flag("gaps.stage = 'start'") }} as is_start_pair,
    case when gaps.stage = 'start' then gaps.gap else 0 end as start_gap,
    {{ kpi_flag("gaps.stage = 'end'") }} as is_end_pair,
    case when gaps.stage = 'end' then gaps.gap else 0 end as end_gap
from {{ ref('fct_webstar_gaps') }} as gaps
{{ kpi_item_joins('gaps', 'both_scored_date') }}
