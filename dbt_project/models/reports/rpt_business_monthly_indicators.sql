-- The main indicators by month, overall and by service, beside the month before.
with
{{ kpi_report_rows('M', 'business_monthly_indicators') }}

select
    kpi,
    title,
    area,
    tier,
    basis,
    label,
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
    {{ kpi_direction(
        'value', 'previous_value', 'target', 'target_high', 'polarity', "status = '' and previous_status = ''"
    ) }} as direction,
    target,
    target_high,
    tolerance,
    floor,
    rag,
    unit,
    decimals,
    counts,
    polarity,
    calculation,
    numerator_measure,
    denominator_measure,
    items_per_person,
    nature
from report_rows
