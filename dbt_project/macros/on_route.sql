{#- The condition that a fact of the journey comes by this route (dbt_project/routes.yml): rows of another are not mixed in. -#}
{% macro on_route(fact, route) -%}
    exists (
        select 1
        from {{ ref('int_control__routes') }} as routes
        where routes.fact = '{{ fact }}' and routes.source_route = '{{ route }}'
    )
{%- endmacro %}
