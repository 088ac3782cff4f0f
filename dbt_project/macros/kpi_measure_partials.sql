{#-
    The columns of a measures model by what their meta says: `measures`, those of them whose `values` or `children` are kept as
    rows, `breakdowns`, and those also cut `by_service`. Empty while dbt parses: the columns of other models are known when the
    model runs.
-#}
{% macro kpi_columns(population) -%}
    {%- set found = {'measures': [], 'values': [], 'children': [], 'breakdowns': [], 'by_service': []} -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.name == 'measures_' ~ population -%}
            {%- for column in node.columns.values() -%}
                {%- if column.meta.measure -%}{%- do found.measures.append(column.name) -%}{%- endif -%}
                {%- if column.meta.rows -%}{%- do found[column.meta.rows].append(column.name) -%}{%- endif -%}
                {%- if column.meta.breakdown -%}{%- do found.breakdowns.append(column.name) -%}{%- endif -%}
                {%- if column.meta.breakdown == 'service' -%}{%- do found.by_service.append(column.name) -%}{%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- if not found.measures -%}
            {{ exceptions.raise_compiler_error('measures_' ~ population ~ ' has no column with meta: measure') }}
        {%- endif -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}

{#-
    Sums of the measures of one population on the stated grid, long: population, slice, org_level, org, breakdown,
    breakdown_value, measure, amount.

    The grid is stated, not a cube: totals at authority, service and team; each single breakdown at authority; those that say
    `breakdown: service` (age band, sex) also at service; two breakdowns are never crossed. Summed wide in one pass by grouping
    sets, then turned long by joining the names of the measures in use: no engine needs to know an unpivot. The calling model has
    the CTEs `run`, `days` (date_day, month, iso_week) and `used_measures` (population, measure).
-#}
{% macro kpi_measure_partials(population) %}
    {%- set columns = kpi_columns(population) -%}
    {%- set slices = ['month', 'iso_week'] if population in weekly_populations().split(',') else ['month'] %}
select
    population,
    slice,
    org_level,
    org,
    breakdown,
    breakdown_value,
    measure,
    amount
from (
    select
        '{{ population }}' as population,
        cuts.slice,
        cuts.org_level,
        cuts.org,
        cuts.breakdown,
        cuts.breakdown_value,
        used_measures.measure,
        cast(
            case used_measures.measure
                {%- for measure in columns.measures or ['row_count'] %}
                when '{{ measure }}' then cuts.{{ measure }}
                {%- endfor %}
            end as bigint
        ) as amount
    from (
        {%- for slice in slices %}
        select
            days.{{ slice }} as slice,
            case
                when grouping(measures.team_code) = 0 then 'team'
                when grouping(measures.service_code) = 0 then 'service'
                else 'authority'
            end as org_level,
            case
                when grouping(measures.team_code) = 0 then measures.team_code
                when grouping(measures.service_code) = 0 then measures.service_code
                else max(run.authority_code)
            end as org,
            {%- if columns.breakdowns %}
            case
                {%- for breakdown in columns.breakdowns %}
                when grouping(measures.{{ breakdown }}) = 0 then '{{ breakdown }}'
                {%- endfor %}
                else 'total'
            end as breakdown,
            {%- else %}
            'total' as breakdown,
            {%- endif %}
            {%- if columns.breakdowns %}
            case
                {%- for breakdown in columns.breakdowns %}
                when grouping(measures.{{ breakdown }}) = 0 then coalesce(measures.{{ breakdown }}, 'unknown')
                {%- endfor %}
                else 'total'
            end as breakdown_value,
            {%- else %}
            'total' as breakdown_value,
            {%- endif %}
            {%- for measure in columns.measures %}
            sum(measures.{{ measure }}) as {{ measure }},
            {%- endfor %}
            count(*) as row_count
        from {{ ref('measures_' ~ population) }} as measures
        inner join days on measures.event_date = days.date_day
        cross join run
        group by
            grouping sets (
                (days.{{ slice }}),
                (days.{{ slice }}, measures.service_code),
                (days.{{ slice }}, measures.team_code)
                {%- for breakdown in columns.breakdowns %},
                (days.{{ slice }}, measures.{{ breakdown }})
                {%- endfor %}
                {%- for breakdown in columns.by_service %},
                (days.{{ slice }}, measures.service_code, measures.{{ breakdown }})
                {%- endfor %}
            )
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
    ) as cuts
    inner join used_measures on used_measures.population = '{{ population }}'
) as amounts
where amount <> 0
{%- endmacro %}
