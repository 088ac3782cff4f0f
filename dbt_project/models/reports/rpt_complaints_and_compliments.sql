-- Complaints, compliments, comments and acknowledgements by quarter, beside the quarter before, with the timescale and the start rule
-- by which a figure of timeliness was judged.
with
{{ kpi_report_rows('Q', 'complaints_and_compliments') }},

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
