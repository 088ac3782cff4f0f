-- One row per child and multi-agency triage, on the day the hub received it. A triage without a rating or without its times cannot
-- be judged and is not due; one that is undecided within its time is not due yet.
with

triages as (
    select
        triage_key,
        child_key,
        received_date,
        risk_rating,
        decided_date,
        is_in_time,
        decided_date is null and decision_hours is not null and received_at is not null as is_awaited,
        service_code,
        team_code
    from {{ ref('fct_triage_decisions') }}
)

select
    {{ kpi_item_columns('triages', 'triage_key', 'received_date') }}
    coalesce(triages.risk_rating, 'not_recorded') as risk_rating,
    {{ kpi_flag('triages.is_in_time is not null') }} as is_triage_due,
    {{ kpi_flag('triages.is_in_time') }} as is_triage_in_time,
    {{ kpi_flag('not triages.is_in_time and triages.decided_date is null') }} as is_triage_decision_not_recorded,
    {{ kpi_flag('triages.is_in_time is null and triages.is_awaited') }} as is_triage_not_yet_due
from triages
{{ kpi_item_joins('triages', 'received_date') }}
