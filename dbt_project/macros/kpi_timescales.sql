{#-
    What is told beside a KPI of timeliness: for every row of `report_rows` whose KPI names practice standards, their timescales in
    force at the row's reference date and what day 0 is, in words, such as `10 working days from advocate or outcome recorded`.
    Day 0 of a complaint's stage is its start rule of that date (complaint_stage_rules), of anything else what the register says.
    Several standards stand in the order of the catalogue with `; ` between them.

    Gives the CTEs `kpi_timescales` (kpi, reference_date, timescale: one row each) and those it needs; stands after `report_rows`.
-#}
{% macro kpi_timescales() -%}
timed_kpis as (
    select distinct
        report_rows.kpi,
        report_rows.reference_date,
        kpi_standards.ordinal,
        kpi_standards.standard
    from report_rows
    inner join {{ ref('stg_control__kpi_standards') }} as kpi_standards on report_rows.kpi = kpi_standards.code
),

start_rules as (
    {%- for column in ['answer_standard', 'extended_standard'] %}
    select
        {{ column }} as standard,
        start_rule,
        valid_from,
        {{ end_or_never('valid_to') }} as valid_to
    from {{ ref('stg_complaints__complaint_stage_rules') }}
    where {{ column }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- one standard may serve several stages: they start alike or the earlier word in the alphabet stands for all
start_rules_in_force as (
    select
        timed_kpis.kpi,
        timed_kpis.reference_date,
        timed_kpis.standard,
        min(start_rules.start_rule) as start_rule
    from timed_kpis
    inner join start_rules
        on
            timed_kpis.standard = start_rules.standard
            and timed_kpis.reference_date between start_rules.valid_from and start_rules.valid_to
    group by timed_kpis.kpi, timed_kpis.reference_date, timed_kpis.standard
),

timescales_in_words as (
    select
        timed_kpis.kpi,
        timed_kpis.reference_date,
        timed_kpis.ordinal,
        {{ timescale_in_words('standard') }}
        || coalesce(
            ' from ' || coalesce({{ in_words('start_rules_in_force.start_rule') }}, standard.counted_from), ''
        ) as words
    from timed_kpis
    inner join {{ ref('int_control__practice_standards') }} as standard
        on
            timed_kpis.standard = standard.standard
            and timed_kpis.reference_date between standard.valid_from and standard.valid_to
    left join start_rules_in_force
        on
            timed_kpis.kpi = start_rules_in_force.kpi
            and timed_kpis.reference_date = start_rules_in_force.reference_date
            and timed_kpis.standard = start_rules_in_force.standard
),

kpi_timescales as (
    select
        kpi,
        reference_date,
        {{ joined_words('words', '; ', 'ordinal') }} as timescale
    from timescales_in_words
    group by kpi, reference_date
)
{%- endmacro %}

{#-
    The rest of a report of figures of timeliness, after `report_rows` (kpi_report_rows): its rows with the change since the period
    before and the timescale that stands beside each.
-#}
{% macro kpi_timed_report() -%}
{{ kpi_timescales() }}

select
    report_rows.kpi,
    report_rows.title,
    report_rows.area,
    report_rows.basis,
    report_rows.label,
    report_rows.period,
    report_rows.period_start,
    report_rows.period_end,
    report_rows.reference_date,
    report_rows.org_level,
    report_rows.org,
    report_rows.org_name,
    report_rows.numerator,
    report_rows.denominator,
    report_rows.value,
    report_rows.status,
    report_rows.status_reason,
    report_rows.revision,
    report_rows.previous_numerator,
    report_rows.previous_denominator,
    report_rows.previous_value,
    report_rows.previous_status,
    cast(report_rows.value - report_rows.previous_value as decimal(18, 4)) as change,
    report_rows.target,
    report_rows.target_high,
    report_rows.tolerance,
    report_rows.floor,
    report_rows.rag,
    kpi_timescales.timescale,
    report_rows.unit,
    report_rows.decimals,
    report_rows.counts,
    report_rows.polarity,
    report_rows.calculation,
    report_rows.numerator_measure,
    report_rows.denominator_measure,
    report_rows.items_per_person,
    report_rows.nature
from report_rows
left join kpi_timescales
    on report_rows.kpi = kpi_timescales.kpi and report_rows.reference_date = kpi_timescales.reference_date
{%- endmacro %}
