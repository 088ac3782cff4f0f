{#-
    The rows of a report: authority and service totals of kpi_values on the basis that suits the report's cadence, each
    with the same figure one report period earlier. `dataset` picks the KPIs: those whose catalogue entry names it as an
    audience. The calling model adds its own columns.

    cadence `W`, `M`, `Q`, `H` or `Y`. Of the bases lawful for the cadence a KPI is shown on the one that stands first here: its own
    period, then the position at the period's end, then the 12 months to it, then the year to date. `period` is the
    report's period; `basis`, `period_start` and `reference_date` say what the figure covers.
    Gives the CTE `report_rows`; has to stand first after `with`.
-#}
{% macro kpi_report_rows(cadence, dataset) -%}
report_periods as (
    select
        dim_period.period as report_period,
        lag(dim_period.period) over (order by dim_period.period_start) as previous_report_period,
        reference_days.month as reference_month
    from {{ ref('dim_period') }} as dim_period
    inner join {{ ref('dim_date') }} as reference_days on dim_period.reference_date = reference_days.date_day
    where dim_period.basis = '{{ cadence }}'
),

-- The same month key stands for the position at, and the 12 months or year to, the reference date of the report's period.
basis_periods as (
    select
        report_period,
        previous_report_period,
        '{{ cadence }}' as basis,
        report_period as period,
        1 as preference
    from report_periods
    {%- for basis in ['SNAP', 'R12', 'YTD'] %}
    union all
    select
        report_period,
        previous_report_period,
        '{{ basis }}' as basis,
        reference_month as period,
        {{ loop.index + 1 }} as preference
    from report_periods
    {%- endfor %}
),

kpis as (
    select
        code,
        title,
        area,
        nature,
        tier,
        calculation,
        self_evaluation_heading
    from {{ ref('stg_control__kpis') }}
),

ranked_bases as (
    select
        kpi_bases.code,
        kpi_bases.basis,
        row_number() over (partition by kpi_bases.code order by preferences.preference) as place
    from {{ ref('stg_control__kpi_bases') }} as kpi_bases
    inner join (select distinct basis, preference from basis_periods) as preferences
        on kpi_bases.basis = preferences.basis
),

chosen_bases as (
    select code, basis
    from ranked_bases
    where place = 1
),

report_rows as (
    select
        kpi_values.kpi,
        kpis.title,
        kpis.area,
        kpis.self_evaluation_heading,
        kpis.nature,
        kpis.tier,
        kpi_values.basis,
        basis_periods.report_period as period,
        kpi_values.period_start,
        kpi_values.period_end,
        kpi_values.reference_date,
        kpi_values.label,
        kpi_values.org_level,
        kpi_values.org,
        kpi_values.org_name,
        kpi_values.numerator,
        kpi_values.denominator,
        kpi_values.value,
        kpi_values.status,
        kpi_values.status_reason,
        kpi_values.revision,
        previous.numerator as previous_numerator,
        previous.denominator as previous_denominator,
        previous.value as previous_value,
        previous.status as previous_status,
        kpi_values.target,
        kpi_values.target_high,
        kpi_values.tolerance,
        kpi_values.floor,
        kpi_values.rag,
        kpi_values.unit,
        kpi_values.decimals,
        kpi_values.counts,
        kpi_values.polarity,
        kpis.calculation,
        kpi_values.numerator_measure,
        kpi_values.denominator_measure,
        kpi_values.items_per_person
    from {{ ref('kpi_values') }} as kpi_values
    inner join chosen_bases
        on kpi_values.kpi = chosen_bases.code and kpi_values.basis = chosen_bases.basis
    inner join basis_periods
        on kpi_values.basis = basis_periods.basis and kpi_values.period = basis_periods.period
    inner join kpis on kpi_values.kpi = kpis.code
    inner join {{ ref('stg_control__kpi_audiences') }} as audiences
        on kpi_values.kpi = audiences.code and audiences.dataset = '{{ dataset }}'
    left join basis_periods as previous_periods
        on basis_periods.basis = previous_periods.basis
        and basis_periods.previous_report_period = previous_periods.report_period
    left join {{ ref('kpi_values') }} as previous
        on kpi_values.kpi = previous.kpi
        and kpi_values.basis = previous.basis
        and previous_periods.period = previous.period
        and kpi_values.org_level = previous.org_level
        and kpi_values.org = previous.org
        and previous.breakdown = 'total'
    -- a share is told by its parts, and reports hold totals: what is published of it are the parts with entries of their own
    where
        kpi_values.breakdown = 'total'
        and kpi_values.org_level in ('authority', 'service')
        and kpis.calculation <> 'share'
)
{%- endmacro %}
