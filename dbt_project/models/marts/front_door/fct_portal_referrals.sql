-- Portal rows: one per child named in a submission, so a sibling group gives several. A child not yet matched has no
-- child_key; until it is, the row is known by the file it came in, because its number alone could be guessed. Triage or a
-- decision after the as-at date has not happened. A child with a restricted record is not counted among the children of a
-- submission: a number above the rows shown would tell of one. Working days: day 0 is the day of receipt, whatever the hour; what
-- comes in on a day off counts from the working day before. What is undecided is measured to the end of the last day the portal is
-- known of.
with

known as (
    {{ known_to('portal_referrals', 'portal_referrals') }}
),

portal_rows as (
    select
        children.child_key,
        portal_rows.portal_id,
        case
            when portal_rows.contact_id is not null then {{ row_key(['children.child_key', 'portal_rows.contact_id']) }}
        end as contact_key,
        case
            when portal_rows.referral_id is not null then {{ row_key(['children.child_key', 'portal_rows.referral_id']) }}
        end as referral_key,
        portal_rows.received_date,
        portal_rows.received_at,
        portal_rows.portal_form,
        portal_rows.referral_source,
        portal_rows.agency,
        portal_rows.consent_recorded,
        case
            when portal_rows.submission_id is not null
                then sum(case when restrictions.child_key is null then 1 else 0 end) over (partition by portal_rows.submission_id)
        end as children_in_submission,
        case when portal_rows.triaged_at < {{ add_days('run.as_at', 1) }} then portal_rows.triaged_at end as triaged_at,
        portal_rows.risk_rating,
        {{ by_as_at('portal_rows.decision_date') }} as decided_date,
        {{ by_as_at('portal_rows.decision_date', 'portal_rows.decision_at') }} as decided_at,
        {{ by_as_at('portal_rows.decision_date', 'portal_rows.decision') }} as decision,
        {{ by_as_at('portal_rows.sender_informed_date') }} as sender_informed_date,
        {{ last_known_day('run.as_at', 'known.known_to') }} as last_day_known,
        portal_rows.team_code as team_name,
        portal_rows.snapshot_date,
        portal_rows.load_id,
        portal_rows.row_number
    from {{ ref('stg_portal_referrals__portal_referrals') }} as portal_rows
    cross join {{ ref('stg_control__run') }} as run
    cross join known
    left join {{ ref('int_children__identities') }} as children on portal_rows.child_id = children.child_id
    left join {{ ref('int_children__restrictions') }} as restrictions on children.child_key = restrictions.child_key
    where portal_rows.received_date <= run.as_at
),

rated as (
    select
        portal_rows.portal_id,
        rating.decision_hours,
        {{ rated_hours('portal_rows') }} as rated_hours,
        case
            when portal_rows.decided_date is not null then decided_day.working_day_index - received_day.working_day_index
        end as working_days_to_decision
    from portal_rows
    {{ rating_joins('portal_rows') }}
)

select
    case
        when portal_rows.child_key is not null then {{ row_key(['portal_rows.child_key', 'portal_rows.portal_id']) }}
        else {{ row_key(["'unmatched'", 'portal_rows.load_id', 'portal_rows.row_number']) }}
    end as portal_referral_key,
    portal_rows.child_key,
    contacts.contact_key,
    referrals.referral_key,
    portal_rows.received_date,
    portal_rows.received_at,
    portal_rows.portal_form,
    portal_rows.referral_source,
    {{ contact_source_group('portal_rows.referral_source') }} as referral_source_group,
    portal_rows.agency,
    {{ agency_key('referrer', "coalesce(nullif(trim(portal_rows.agency), ''), portal_rows.referral_source)") }} as agency_key,
    case portal_rows.consent_recorded when 'yes' then true when 'no' then false end as is_consent_recorded,
    cast(portal_rows.children_in_submission as integer) as children_in_submission,
    portal_rows.triaged_at,
    {{ hours_between('portal_rows.received_at', 'portal_rows.triaged_at') }} as hours_to_triage,
    portal_rows.risk_rating,
    portal_rows.decision,
    portal_rows.decided_date,
    portal_rows.decided_at,
    {{ hours_between('portal_rows.received_at', 'portal_rows.decided_at') }} as hours_to_decision,
    rated.working_days_to_decision,
    rated.decision_hours,
    case when portal_rows.decided_date is not null then rated.rated_hours end as rated_hours_to_decision,
    case
        when rated.rated_hours > rated.decision_hours then false
        when portal_rows.decided_date is not null and rated.rated_hours <= rated.decision_hours then true
    end as is_in_rated_time,
    referrals.referral_date,
    portal_rows.sender_informed_date,
    {{ team_columns() }},
    portal_rows.load_id,
    portal_rows.row_number
from portal_rows
left join {{ ref('fct_contacts') }} as contacts on portal_rows.contact_key = contacts.contact_key
left join {{ ref('fct_referrals') }} as referrals on portal_rows.referral_key = referrals.referral_key
inner join rated on portal_rows.portal_id = rated.portal_id
{{ team_joins('portal_rows', 'portal_rows.received_date') }}
