-- One row per course held and worker of its target group, on the day of the course. A place of which attendance is not told is in the
-- denominator and told apart.
select
    {{ kpi_plain_item_columns('places', 'training_place_key', 'course_date', "cast(null as varchar)") }}
    places.theme,
    {{ kpi_flag('places.is_after_finding') }} as is_target,
    {{ kpi_flag('places.is_after_finding and places.is_attended') }} as is_attended,
    {{ kpi_flag('places.is_after_finding and places.is_attended is null') }} as is_attendance_not_recorded
from {{ ref('fct_training_places') }} as places
{{ kpi_plain_item_joins('places', 'course_date') }}
where places.is_target_group
