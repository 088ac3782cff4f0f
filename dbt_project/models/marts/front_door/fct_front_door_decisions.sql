-- Decisions of managers on contacts and referrals. A decision after the as-at date has not been taken. Working days: day 0 is
-- the day of receipt, whatever the hour; what comes in on a day off counts from the working day before, so that one working
-- day ends with the next working day. What is undecided and not past its time at the as-at date, or on the last day that decisions
-- are known of, is not judged yet.
with

known as (
    {{ known_to('portal_referrals', 'front_door_decisions') }}
),

decisions as (
    select
        children.child_key,
        decisions.front_door_decision_id,
        decisions.decision_subject,
        case when decisions.contact_id is not null then {{ row_key(['children.child_key', 'decisions.contact_id']) }} end as contact_key,
        case
            when decisions.referral_id is not null then {{ row_key(['children.child_key', 'decisions.referral_id']) }}
        end as referral_key,
        decisions.front_door_received_date as received_date,
        decisions.front_door_received_at as received_at,
        {{ by_as_at('decisions.front_door_decided_date') }} as decided_date,
        {{ by_as_at('decisions.front_door_decided_date', 'decisions.front_door_decided_at') }} as decided_at,
        {{ by_as_at('decisions.front_door_decided_date', 'decisions.front_door_decision') }} as decision,
        {{ by_as_at('decisions.front_door_decided_date', 'decisions.decided_by_role') }} as decided_by_role,
        -- each has a standard of its own
        case decisions.decision_subject when 'referral' then 'referral_decision' else 'contact_decision' end as standard,
        {{ judged_on('run.as_at', 'known.known_to') }} as judged_date,
        decisions.team_code as team_name,
        decisions.snapshot_date,
        decisions.load_id,
        decisions.row_number
    from {{ ref('stg_portal_referrals__front_door_decisions') }} as decisions
    cross join {{ ref('stg_control__run') }} as run
    cross join known
    inner join {{ ref('int_children__identities') }} as children on decisions.child_id = children.child_id
    where decisions.front_door_received_date <= run.as_at
)

select
    {{ row_key(['decisions.child_key', 'decisions.front_door_decision_id']) }} as front_door_decision_key,
    decisions.child_key,
    decisions.decision_subject,
    contacts.contact_key,
    referrals.referral_key,
    decisions.received_date,
    decisions.received_at,
    decisions.decided_date,
    decisions.decided_at,
    decisions.decision,
    decisions.decided_by_role,
    decided.working_day_index - standard_from.working_day_index as working_days_to_decision,
    {{ due_after('decisions.received_date', 'standard') }} as due_date,
    case
        when
            coalesce(decisions.decided_date, decisions.judged_date) > {{ in_time_until('decisions.received_date', 'standard') }}
            then false
        when decisions.decided_date is not null and standard.standard is not null then true
    end as is_in_time,
    {{ team_columns() }},
    decisions.load_id,
    decisions.row_number
from decisions
left join {{ ref('fct_contacts') }} as contacts on decisions.contact_key = contacts.contact_key
left join {{ ref('fct_referrals') }} as referrals on decisions.referral_key = referrals.referral_key
left join {{ ref('int_control__practice_standards') }} as standard
    on
        decisions.standard = standard.standard
        and decisions.received_date between standard.valid_from and standard.valid_to
{{ due_joins('decisions.received_date', 'standard') }}
left join {{ ref('dim_date') }} as decided on decisions.decided_date = decided.date_day
{{ team_joins('decisions', 'decisions.received_date') }}
