{#- Calendar days from one step to the next. Steps recorded out of order have no time between them: null, never negative. -#}
{% macro step_days(first_day, last_day) -%}
    case when {{ last_day }} >= {{ first_day }} then {{ days_between(first_day, last_day) }} end
{%- endmacro %}


{#- Working days from one row of dim_date to another, day 0 being the first; what came before the first took no time: 0. -#}
{% macro working_days_after(first, last) -%}
    case
        when {{ last }}.working_day_index <= {{ first }}.working_day_index then 0
        else cast({{ last }}.working_day_index - {{ first }}.working_day_index as integer)
    end
{%- endmacro %}
