-- Multi-agency triage: the time for the decision is the one of the risk rating in force on the day of receipt, in hours by the
-- clock or of working days as the rating says (see macros/timeliness.sql). A decision after the as-at date has not been taken;
-- what is undecided is measured to the end of the last day that triage is known of.
with

known as (
    {{ known_to('portal_referrals', 'triage_decisions') }}
),

triages as (
    select
        children.child_key,
        {{ row_key(['children.child_key', 'triages.triage_id']) }} as triage_key,
        case when triages.contact_id is not null then {{ row_key(['children.child_key', 'triages.contact_id']) }} end as contact_key,
        triages.triage_received_date as received_date,
        triages.triage_received_at as received_at,
        triages.risk_rating,
        triages.first_rating,
        {{ by_as_at('triages.triage_decided_date') }} as decided_date,
        {{ by_as_at('triages.triage_decided_date', 'triages.triage_decided_at') }} as decided_at,
        {{ by_as_at('triages.triage_decided_date', 'triages.triage_decision') }} as decision,
        {{ by_as_at('triages.triage_decided_date', 'triages.decided_by_role') }} as decided_by_role,
        triages.agencies_asked,
        triages.agencies_answered,
        {{ last_known_day('run.as_at', 'known.known_to') }} as last_day_known,
        triages.team_code as team_name,
        triages.snapshot_date,
        triages.load_id,
        triages.row_number
    from {{ ref('stg_portal_referrals__triage_decisions') }} as triages
    cross join {{ ref('stg_control__run') }} as run
    cross join known
    inner join {{ ref('int_children__identities') }} as children on triages.child_id = children.child_id
    where triages.triage_received_date <= run.as_at
),

rated as (
    select
        triages.triage_key,
        rating.decision_hours,
        {{ rated_hours('triages') }} as rated_hours
    from triages
    {{ rating_joins('triages') }}
)

select
    triages.triage_key,
    triages.child_key,
    contacts.contact_key,
    triages.received_date,
    triages.received_at,
    triages.risk_rating,
    triages.first_rating,
    triages.decided_date,
    triages.decided_at,
    triages.decision,
    triages.decided_by_role,
    rated.decision_hours,
    {{ hours_between('triages.received_at', 'triages.decided_at') }} as hours_to_decision,
    case when triages.decided_date is not null then rated.rated_hours end as rated_hours_to_decision,
    case
        when rated.rated_hours > rated.decision_hours then false
        when triages.decided_date is not null and rated.rated_hours <= rated.decision_hours then true
    end as is_in_time,
    cast(triages.agencies_asked as integer) as agencies_asked,
    cast(triages.agencies_answered as integer) as agencies_answered,
    {{ team_columns() }},
    triages.load_id,
    triages.row_number
from triages
left join {{ ref('fct_contacts') }} as contacts on triages.contact_key = contacts.contact_key
inner join rated on triages.triage_key = rated.triage_key
{{ team_joins('triages', 'triages.received_date') }}
