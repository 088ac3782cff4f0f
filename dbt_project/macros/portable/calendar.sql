{#-
    The keys of the reporting calendar, written without any engine's date formatting:
    month 2025-09, quarter 2025-26-Q2 (April to June is Q1), half 2025-26-H1, financial year 2025-26 (April to March).
-#}

{% macro two_digits(number) -%}
    lpad(cast({{ number }} as varchar), 2, '0')
{%- endmacro %}

{% macro month_key(day) -%}
    cast(extract(year from {{ day }}) as varchar) || '-' || {{ two_digits('extract(month from ' ~ day ~ ')') }}
{%- endmacro %}

{#- The calendar year in which the financial year of a day starts. -#}
{% macro financial_year_start(day) -%}
    (extract(year from {{ day }}) - case when extract(month from {{ day }}) < 4 then 1 else 0 end)
{%- endmacro %}

{% macro financial_year_key(day) -%}
    cast({{ financial_year_start(day) }} as varchar) || '-' || {{ two_digits('mod(' ~ financial_year_start(day) ~ ' + 1, 100)') }}
{%- endmacro %}

{#- September to August, written as schools do: 2025/26; `separator` - for the key of a period. -#}
{% macro academic_year_key(day, separator='/') -%}
    {%- set first_year = '(extract(year from ' ~ day ~ ') - case when extract(month from ' ~ day ~ ') < 9 then 1 else 0 end)' -%}
    cast({{ first_year }} as varchar) || '{{ separator }}' || {{ two_digits('mod(' ~ first_year ~ ' + 1, 100)') }}
{%- endmacro %}

{% macro quarter_key(day) -%}
    {{ financial_year_key(day) }} || case
        when extract(month from {{ day }}) between 4 and 6 then '-Q1'
        when extract(month from {{ day }}) between 7 and 9 then '-Q2'
        when extract(month from {{ day }}) between 10 and 12 then '-Q3'
        else '-Q4'
    end
{%- endmacro %}

{% macro half_key(day) -%}
    {{ financial_year_key(day) }} || case when extract(month from {{ day }}) between 4 and 9 then '-H1' else '-H2' end
{%- endmacro %}

{#- The ISO week belongs to the year of its Thursday; `weekday` counts from Monday = 0. -#}
{% macro iso_week_key(day, weekday) -%}
    {%- set thursday = add_days(day, '3 - ' ~ weekday) -%}
    cast(extract(year from {{ thursday }}) as varchar) || '-W'
    || {{ two_digits("cast(floor((extract(doy from " ~ thursday ~ ") - 1) / 7.0) as integer) + 1") }}
{%- endmacro %}

{% macro month_name(day) -%}
    case extract(month from {{ day }})
        {%- for name in ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'] %}
        when {{ loop.index }} then '{{ name }}'
        {%- endfor %}
    end
{%- endmacro %}

{#- "September 2025" -#}
{% macro month_label(day) -%}
    {{ month_name(day) }} || ' ' || cast(extract(year from {{ day }}) as varchar)
{%- endmacro %}
