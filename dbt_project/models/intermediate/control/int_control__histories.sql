-- Tables that tell spells with their whole history: full dumps that cover days as well as the position. The position of any
-- day inside the window can be read from them; from a list of the latest episodes (period tables) it cannot.
{% set histories = [] -%}
{%- if execute -%}
    {%- for node in graph.sources.values() -%}
        {%- set contract = node.config.meta or node.meta -%}
        {%- if contract.mode == 'replace' and contract.coverage and 'flow' in contract.coverage and 'stock' in contract.coverage -%}
            {%- do histories.append((node.source_name, node.name)) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endif -%}
{%- for source_name, table_name in histories | sort %}
select
    '{{ source_name }}' as source,
    '{{ table_name }}' as table_name
{{ 'union all' if not loop.last }}
{%- else %}
select
    cast(null as varchar) as source,
    cast(null as varchar) as table_name
where false
{%- endfor %}
