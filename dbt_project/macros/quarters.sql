{#- Quarters counted one after another, so that the difference of two is how many lie between them. -#}
{% macro quarter_number(day) -%}
cast(extract(year from {{ day }}) * 4 + floor((extract(month from {{ day }}) - 1) / 3.0) as integer)
{%- endmacro %}
