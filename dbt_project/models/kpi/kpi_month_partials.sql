{#-
    The populations summed by month. dbt has to know which models this one depends on while it parses, so the names stand
    here; a test holds the list equal to kpis/populations.yml, reference populations left out.
-#}
{%- set populations = [
    'referrals',
    'assessments_completed',
    'assessments_open',
    'icpcs',
    'cin_plans_open',
    'cp_plans_started',
    'cp_plans_open',
    'cla_open',
    'care_leavers_open',
    'audits_completed',
    'audits_graded',
    'audit_actions_due',
    'feedback_answers',
    'webstar_area_pairs',
] -%}
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
