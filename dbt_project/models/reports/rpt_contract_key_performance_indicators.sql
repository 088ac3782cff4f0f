-- The KPIs of the performance contract by month: those whose authority target in force at the reference date is in the contract.
with
{{ kpi_report_rows('M', 'contract_key_performance_indicators') }},

targets as (
    select
        kpi,
        nullif(trim(service_code), '') as service_code,
        valid_from,
        valid_to,
        weighting,
        contract
    from {{ ref('stg_reference__targets') }}
),

targets_in_force as (
    select
        report_rows.kpi,
        report_rows.period,
        report_rows.org_level,
        report_rows.org,
        targets.weighting,
        targets.contract,
        row_number() over (
            partition by report_rows.kpi, report_rows.period, report_rows.org_level, report_rows.org
            order by targets.valid_from desc
        ) as place
    from report_rows
    inner join targets
        on
            report_rows.kpi = targets.kpi
            and report_rows.reference_date >= targets.valid_from
            and report_rows.reference_date <= {{ end_or_never('targets.valid_to') }}
            and (
                (report_rows.org_level = 'authority' and targets.service_code is null)
                or (report_rows.org_level = 'service' and report_rows.org = targets.service_code)
            )
),

-- An older row without an end keeps no KPI in the contract that a newer one has taken out of it.
contract_set as (
    select
        kpi,
        period
    from targets_in_force
    where org_level = 'authority' and place = 1 and contract = 'yes'
),

commentary as (
    select
        kpi,
        period,
        nullif(trim(service_code), '') as service_code,
        text,
        cause,
        action,
        owner,
        due_date
    from {{ ref('stg_reference__commentary') }}
    where state = 'approved'
)

select
    report_rows.kpi,
    report_rows.title,
    report_rows.area,
    report_rows.basis,
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
    report_rows.target,
    report_rows.target_high,
    report_rows.tolerance,
    report_rows.floor,
    cast(targets_in_force.weighting as decimal(18, 4)) as weighting,
    report_rows.rag,
    commentary.text as commentary,
    commentary.cause,
    commentary.action,
    commentary.owner,
    commentary.due_date,
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
inner join contract_set
    on
        report_rows.kpi = contract_set.kpi
        and report_rows.period = contract_set.period
left join targets_in_force
    on
        report_rows.kpi = targets_in_force.kpi
        and report_rows.period = targets_in_force.period
        and report_rows.org_level = targets_in_force.org_level
        and report_rows.org = targets_in_force.org
        and targets_in_force.place = 1
left join commentary
    on
        report_rows.kpi = commentary.kpi
        and report_rows.period = commentary.period
        and (
            (report_rows.org_level = 'authority' and commentary.service_code is null)
            or (report_rows.org_level = 'service' and report_rows.org = commentary.service_code)
        )
