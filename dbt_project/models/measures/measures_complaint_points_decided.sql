-- One row per point of a complaint and stage, on the day it was decided. A point without its finding is no decision to count.
select
    {{ kpi_plain_item_columns('points', 'complaint_point_key', 'decided_date') }}
    points.procedure,
    cast(points.stage as varchar) as complaint_stage,
    points.theme,
    {{ kpi_flag('points.outcome is not null') }} as is_decided,
    {{ kpi_flag("points.outcome in ('upheld', 'partly_upheld')") }} as is_upheld_or_partly,
    {{ kpi_flag("points.outcome = 'upheld'") }} as is_upheld
from {{ ref('fct_complaint_points') }} as points
{{ kpi_plain_item_joins('points', 'decided_date') }}
