{#-
    The rows of the measures whose values or children are kept, of every population, long: population, measure, event_date,
    child_key, service_code, team_code, amount. Of `values` a row counts when it has one (0 days is a value), of `children` when
    it is not 0.
-#}
{% macro kpi_counted_rows() -%}
    {%- set selects = [] -%}
    {%- for population in measured_populations().split(',') -%}
        {%- set columns = kpi_columns(population) -%}
        {#- While dbt parses no column is known, but every model has to be named. -#}
        {%- if not execute -%}
            {%- do selects.append('select 1 as one from ' ~ ref('measures_' ~ population)) -%}
        {%- endif -%}
        {%- for measure in columns['values'] + columns.children -%}
            {%- set condition = 'is not null' if measure in columns['values'] else '<> 0' -%}
            {%- do selects.append(
                "select '" ~ population ~ "' as population, '" ~ measure ~ "' as measure, event_date, child_key, service_code, team_code, "
                ~ "cast(" ~ measure ~ " as bigint) as amount from " ~ ref('measures_' ~ population) ~ " where " ~ measure ~ " " ~ condition
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if selects -%}
        {{ selects | join(' union all ') }}
    {%- else -%}
        select
            cast(null as varchar) as population,
            cast(null as varchar) as measure,
            cast(null as date) as event_date,
            cast(null as varchar) as child_key,
            cast(null as varchar) as service_code,
            cast(null as varchar) as team_code,
            cast(null as bigint) as amount
        where 1 = 0
    {%- endif -%}
{%- endmacro %}
