{%- set populations = measured_populations().split(',') -%}
-- Sums by slice of time (month, of weekly populations also week) of every measure the catalogue uses, on the stated grid. Sparse:
-- what is 0 has no line, kpi_values fills it in.
with
run as (
    select authority_code
    from {{ ref('stg_control__run') }}
),

days as (
    select
        date_day,
        month,
        iso_week
    from {{ ref('dim_date') }}
),

used_measures as (
    select distinct
        population,
        measure
    from {{ ref('stg_control__kpi_measures') }}
)

{% for population in populations -%}
{{ kpi_measure_partials(population) }}
{%- if not loop.last %}
union all
{% endif %}
{%- endfor %}
