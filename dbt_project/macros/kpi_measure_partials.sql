{#-
    Month partials of every measure of one population on the stated grid, long: population, month, org_level, org,
    breakdown, breakdown_value, measure, amount. Measures and breakdowns are the columns of measures_<population> that
    carry that word in their meta.

    The grid is stated, not a cube: totals at authority, service and team; each single breakdown at authority; those
    that say `breakdown: service` (age band, sex) also at service; two breakdowns are never crossed. Summed wide, turned long by union all: no engine needs to
    know an unpivot. The calling model has the CTEs `run` and `months` (date_day, month).
-#}
{% macro kpi_measure_partials(population) %}
    {%- set measures, breakdowns, by_service = [], [], [] -%}
    {#- The columns of other models are known when the model runs, not while dbt parses. -#}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.name == 'measures_' ~ population -%}
            {%- for column in node.columns.values() -%}
                {%- if column.meta.measure -%}{%- do measures.append(column.name) -%}{%- endif -%}
                {%- if column.meta.breakdown -%}{%- do breakdowns.append(column.name) -%}{%- endif -%}
                {%- if column.meta.breakdown == 'service' -%}{%- do by_service.append(column.name) -%}{%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- if not measures -%}
            {{ exceptions.raise_compiler_error('measures_' ~ population ~ ' has no column with meta: measure') }}
        {%- endif -%}
    {%- endif -%}
    {%- set cuts = [
        ('authority', 'authority_code', 'total'), ('service', 'service_code', 'total'), ('team', 'team_code', 'total'),
    ] -%}
    {%- for breakdown in breakdowns -%}
        {%- do cuts.append(('authority', 'authority_code', breakdown)) -%}
        {%- if breakdown in by_service -%}
            {%- do cuts.append(('service', 'service_code', breakdown)) -%}
        {%- endif -%}
    {%- endfor %}

{{ population }}_rows as (
    select
        months.month,
        run.authority_code,
        measures.service_code,
        measures.team_code,
        {%- for breakdown in breakdowns %}
        coalesce(measures.{{ breakdown }}, 'unknown') as {{ breakdown }},
        {%- endfor %}
        {%- for measure in measures %}
        measures.{{ measure }},
        {%- endfor %}
        measures.item_key
    from {{ ref('measures_' ~ population) }} as measures
    inner join months on measures.event_date = months.date_day
    cross join run
),

{{ population }}_cuts as (
    {%- for org_level, org, breakdown in cuts %}
    {%- set value = "'total'" if breakdown == 'total' else breakdown %}
    select
        month,
        '{{ org_level }}' as org_level,
        {{ org }} as org,
        '{{ breakdown }}' as breakdown,
        {{ value }} as breakdown_value,
        {%- for measure in measures %}
        sum(cast({{ measure }} as bigint)) as {{ measure }},
        {%- endfor %}
        count(*) as row_count
    from {{ population }}_rows
    group by month, {{ org }}{% if breakdown != 'total' %}, {{ breakdown }}{% endif %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

{{ population }}_long as (
    {%- for measure in measures or ['row_count'] %}
    select
        '{{ population }}' as population,
        month,
        org_level,
        org,
        breakdown,
        breakdown_value,
        '{{ measure }}' as measure,
        cast({{ measure }} as bigint) as amount
    from {{ population }}_cuts
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)
{%- endmacro %}
