-- One row per contact or referral that a manager decides on, on the day it was received. Due are those whose time by the practice
-- standard has passed at the as-at date; what cannot be judged yet because the data end before is not due.
with

decisions as (
    select
        decisions.front_door_decision_key,
        decisions.child_key,
        decisions.received_date,
        decisions.decision_subject = 'contact' as is_contact,
        decisions.decision_subject = 'referral' as is_referral,
        decisions.decided_date is not null as is_decided,
        decisions.is_in_time,
        case
            when decisions.due_date is null then null
            else decisions.is_in_time is not null and decisions.due_date <= run.as_at
        end as is_due,
        decisions.service_code,
        decisions.team_code
    from {{ ref('fct_front_door_decisions') }} as decisions
    cross join {{ ref('stg_control__run') }} as run
)

select
    {{ kpi_item_columns('decisions', 'front_door_decision_key', 'received_date') }}
    {{ kpi_flag('decisions.is_contact and decisions.is_due') }} as is_contact_decision_due,
    {{ kpi_flag('decisions.is_contact and decisions.is_due and decisions.is_in_time') }} as is_contact_decision_in_time,
    {{ kpi_flag('decisions.is_contact and decisions.is_due and not decisions.is_decided') }} as is_contact_decision_not_recorded,
    {{ kpi_flag('decisions.is_contact and not decisions.is_due') }} as is_contact_decision_not_yet_due,
    {{ kpi_flag('decisions.is_referral and decisions.is_due') }} as is_referral_decision_due,
    {{ kpi_flag('decisions.is_referral and decisions.is_due and decisions.is_in_time') }} as is_referral_decision_in_time,
    {{ kpi_flag('decisions.is_referral and decisions.is_due and not decisions.is_decided') }} as is_referral_decision_not_recorded,
    {{ kpi_flag('decisions.is_referral and not decisions.is_due') }} as is_referral_decision_not_yet_due
from decisions
{{ kpi_item_joins('decisions', 'received_date') }}
