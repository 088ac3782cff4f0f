-- One row per private fostering arrangement open at a month end.
{% set is_first_visit_ahead = 'arrangements.last_visit_date is null and arrangements.is_visit_in_time' %}

select
    {{ kpi_item_columns('arrangements', 'private_arrangement_key', 'reference_date') }}
    1 as is_arrangement,
    {{ kpi_flag('arrangements.is_visit_in_time is not null and not (' ~ is_first_visit_ahead ~ ')') }} as is_visit_due,
    {{ kpi_flag('arrangements.is_visit_in_time and arrangements.last_visit_date is not null') }} as is_visit_in_time,
    {{ kpi_flag('not arrangements.is_visit_in_time and arrangements.last_visit_date is null') }} as is_visit_not_recorded,
    {{ kpi_flag(is_first_visit_ahead) }} as is_visit_not_yet_due
from {{ ref('fct_private_fostering_month_end') }} as arrangements
{{ kpi_item_joins('arrangements', 'reference_date') }}
