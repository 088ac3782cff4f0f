-- One row per child and referral to the National Referral Mechanism. A decision after the as-at date has not been taken.
with

referrals as (
    select
        children.child_key,
        referrals.nrm_referral_id,
        referrals.nrm_referred_date as referred_date,
        referrals.nrm_route as route,
        referrals.exploitation_type,
        referrals.first_responder,
        {{ unless_after_as_at('referrals.reasonable_grounds_date', 'referrals.reasonable_grounds_decision') }}
            as reasonable_grounds_decision,
        {{ by_as_at('referrals.reasonable_grounds_date') }} as reasonable_grounds_date,
        {{ unless_after_as_at('referrals.conclusive_grounds_date', 'referrals.conclusive_grounds_decision') }}
            as conclusive_grounds_decision,
        {{ by_as_at('referrals.conclusive_grounds_date') }} as conclusive_grounds_date,
        referrals.guardian_allocated,
        referrals.team_code as team_name,
        referrals.snapshot_date,
        referrals.load_id,
        referrals.row_number
    from {{ ref('stg_get_safe__nrm_referrals') }} as referrals
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on referrals.child_id = children.child_id
    where referrals.nrm_referred_date <= run.as_at
)

select
    {{ row_key(['referrals.child_key', 'referrals.nrm_referral_id']) }} as nrm_referral_key,
    referrals.child_key,
    referrals.referred_date,
    referrals.route,
    referrals.exploitation_type,
    {{ exploitation_group('referrals.exploitation_type') }} as exploitation_group,
    referrals.first_responder,
    referrals.reasonable_grounds_decision,
    referrals.reasonable_grounds_date,
    {{ days_between('referrals.referred_date', 'referrals.reasonable_grounds_date') }} as days_to_reasonable_grounds,
    referrals.conclusive_grounds_decision,
    referrals.conclusive_grounds_date,
    {{ days_between('referrals.referred_date', 'referrals.conclusive_grounds_date') }} as days_to_conclusive_grounds,
    {{ answered_yes('referrals.guardian_allocated') }} as has_guardian_allocated,
    {{ team_or_allocation_columns() }},
    referrals.load_id,
    referrals.row_number
from referrals
{{ team_joins('referrals', 'referrals.referred_date') }}
{{ allocation_joins('referrals', 'referrals.referred_date') }}
