-- What the self-evaluation states of a financial year, beside the year before, under Ofsted's questions.
with
{{ kpi_report_rows('Y', 'self_evaluation') }}

select
    kpi,
    title,
    area,
    self_evaluation_heading as heading,
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
