-- One row per fostering household and year since its approval, on the day the year ended.
select
    {{ kpi_plain_item_columns('years', 'fostering_household_year_key', 'year_end_date', child_key='cast(null as varchar)') }}
    coalesce(years.household_group, 'unknown') as household_group,
    {{ kpi_flag('years.is_visited_unannounced is not null') }} as is_household_year,
    {{ kpi_flag('years.is_visited_unannounced') }} as is_visited_unannounced
from {{ ref('fct_fostering_household_years') }} as years
{{ kpi_plain_item_joins('years', 'year_end_date') }}
