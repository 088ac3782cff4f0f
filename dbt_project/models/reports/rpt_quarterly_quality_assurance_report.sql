-- Audit, feedback and WebStar by quarter, beside the quarter before.
with
{{ kpi_report_rows('Q', 'quarterly_quality_assurance_report') }}

select
    kpi,
    title,
    area,
    basis,
    period,
    period_start,
    period_end,
    reference_date,
    org_level,
    org,
    org_name,
    numerator,
    denominator,
    value,
    status,
    status_reason,
    revision,
    previous_numerator,
    previous_denominator,
    previous_value,
    previous_status,
    cast(value - previous_value as decimal(18, 4)) as change,
    target,
    target_high,
    tolerance,
    floor,
    rag,
    unit,
    decimals,
    counts,
    polarity,
    calculation
from report_rows
