-- One row per child and financial year in which the child was looked after, on the last such day of the year.
select
    {{ kpi_item_columns('years', 'looked_after_year_key', 'last_day') }}
    1 as is_looked_after_in_year,
    {{ kpi_flag('years.missing_episodes > 0') }} as is_missing_in_year,
    {{ kpi_flag('years.absent_episodes > 0') }} as is_away_in_year
from {{ ref('fct_missing_looked_after_years') }} as years
{{ kpi_item_joins('years', 'last_day') }}
