-- One row per learning point, on the day by which a product that carries it was to be shared.
with

points as (
    select
        learning_point_key,
        share_due_date,
        learning_source,
        theme,
        is_shared_in_time,
        cast(null as varchar) as child_key,
        service_code,
        cast(null as varchar) as team_code
    from {{ ref('fct_learning_points') }}
)

select
    {{ kpi_plain_item_columns('points', 'learning_point_key', 'share_due_date') }}
    points.learning_source,
    points.theme,
    1 as is_learning_point_due,
    {{ kpi_flag('points.is_shared_in_time') }} as is_shared_in_time
from points
{{ kpi_plain_item_joins('points', 'share_due_date') }}
