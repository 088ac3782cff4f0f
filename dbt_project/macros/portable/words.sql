{#- Texts of several rows as one, in the given order. -#}

{% macro joined_words(words, delimiter, order_by) -%}
    {{ dbt.listagg(words, "'" ~ delimiter ~ "'", 'order by ' ~ order_by) }}
{%- endmacro %}
