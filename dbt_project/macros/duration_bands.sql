{#-
    How long something has lasted, in the national bands, by calendar months and not by days: three months from 31 January end on
    30 April. `last_day` is the day it ended or is looked at.
-#}
{% macro duration_band(first_day, last_day) -%}
    case
        when {{ first_day }} is null then 'not_known'
        when {{ last_day }} <= {{ add_months(first_day, 3) }} then 'three_months_or_less'
        when {{ last_day }} <= {{ add_months(first_day, 6) }} then 'over_three_to_six_months'
        when {{ last_day }} < {{ add_months(first_day, 12) }} then 'over_six_months_under_one_year'
        when {{ last_day }} < {{ add_months(first_day, 24) }} then 'one_year_under_two_years'
        else 'two_years_or_more'
    end
{%- endmacro %}

{#- Whether it has lasted so many calendar months. -#}
{% macro has_lasted_months(first_day, last_day, number_of_months) -%}
{{ last_day }} >= {{ add_months(first_day, number_of_months) }}
{%- endmacro %}

{#- Whether it lasted so many calendar months at most. -#}
{% macro has_lasted_months_at_most(first_day, last_day, number_of_months) -%}
{{ last_day }} <= {{ add_months(first_day, number_of_months) }}
{%- endmacro %}
