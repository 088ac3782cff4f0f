{#- Numbers of a case system in their own order: 9 comes before 10, whatever the engine makes of text. -#}
{% macro in_number_order(number) -%}
    length({{ number }}), {{ number }}
{%- endmacro %}
