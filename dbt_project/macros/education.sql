{#- Whether a day falls between 1 August and 30 September, when changing school is no move in mid-year. -#}
{% macro is_between_school_years(day) -%}
    extract(month from {{ day }}) in (8, 9)
{%- endmacro %}

{#-
    The last day of the academic year in which a child becomes 16: nothing holds a child to school after it. (Compulsory school
    age ends some weeks before, on the last Friday in June.)
-#}
{% macro end_of_compulsory_school_year(date_of_birth) -%}
    cast(cast(extract(year from {{ add_months(date_of_birth, 4) }}) + 16 as varchar) || '-08-31' as date)
{%- endmacro %}
