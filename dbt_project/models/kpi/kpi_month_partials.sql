{%- set populations = measured_populations() -%}
-- Sums of every measure by month on the stated grid. Sparse: a month without rows has no line, kpi_values fills the zero.
with
run as (
    select authority_code
    from {{ ref('stg_control__run') }}
),

months as (
    select
        date_day,
        month
    from {{ ref('dim_date') }}
),

{%- for population in populations %}
{{ kpi_measure_partials(population) }}{{ ',' if not loop.last }}
{%- endfor %}

{% for population in populations -%}
select
    population,
    month,
    org_level,
    org,
    breakdown,
    breakdown_value,
    measure,
    amount
from {{ population }}_long
{%- if not loop.last %}
union all
{% endif %}
{%- endfor %}
