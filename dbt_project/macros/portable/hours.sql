{#- Hours from one moment to another, to the minute; negative when the second comes first. -#}
{% macro hours_between(first_moment, last_moment) -%}
    cast(cast({{ dbt.datediff(first_moment, last_moment, 'minute') }} as decimal(18, 4)) / 60 as decimal(18, 4))
{%- endmacro %}
