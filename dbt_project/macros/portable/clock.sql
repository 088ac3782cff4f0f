{#-
    Clock hours from first to last as the two are written: both are local times without a zone, so a night on which the clocks
    change has the hours it seems to have.
-#}
{% macro hours_between(first_moment, last_moment) -%}
    cast({{ dbt.datediff(first_moment, last_moment, 'second') }} / 3600.0 as decimal(18, 4))
{%- endmacro %}
