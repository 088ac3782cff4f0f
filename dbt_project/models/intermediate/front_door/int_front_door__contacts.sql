-- Contacts by the route this authority takes. The case system holds one row per child and contact, each with a number of its
-- own, so two contacts of a child on one day stay two. Annex A tells contacts of one child apart by day and source only: there
-- a child with two numbers, whose contact both show, keeps one row, the one delivered last.
with

outcomes as (
    select
        contact_id,
        {{ outcome_flag('OUTCOME_NFA_FLAG') }} as is_no_further_action,
        {{ outcome_flag('OUTCOME_NEW_REFERRAL_FLAG') }} as led_to_referral,
        {{ outcome_flag('OUTCOME_EARLY_HELP_FLAG') }} as led_to_early_help,
        {{ outcome_flag('OUTCOME_INFORMATION_FLAG') }} as has_information_outcome
    from {{ ref('stg_ssd__contact_outcomes') }}
    group by contact_id
),

-- a contact has no team of its own: the one of the front door that decided on it last
teams as (
    select
        contact_id,
        team_code as team_name,
        row_number() over (
            partition by contact_id order by front_door_decided_date desc nulls last, front_door_decision_id desc
        ) as place
    from {{ ref('stg_portal_referrals__front_door_decisions') }}
    where contact_id is not null and decision_subject = 'contact'
),

annex_a as (
    select
        children.child_key,
        contacts.contact_date,
        contacts.contact_source,
        contacts.snapshot_date,
        contacts.load_id,
        contacts.row_number,
        row_number() over (
            partition by children.child_key, contacts.contact_date, contacts.contact_source
            order by contacts.snapshot_date desc, contacts.load_id desc, contacts.row_number desc
        ) as place
    from {{ ref('stg_annex_a__contacts') }} as contacts
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on contacts.child_id = children.child_id
    where contacts.is_current and contacts.contact_date <= run.as_at and {{ on_route('contacts', 'annex_a') }}
)

select
    {{ row_key(['children.child_key', 'contacts.contact_id']) }} as contact_key,
    children.child_key,
    contacts.contact_date,
    contacts.contact_source,
    outcomes.is_no_further_action,
    outcomes.led_to_referral,
    outcomes.led_to_early_help,
    -- information beside a referral or early help is not all that came of it
    case
        when outcomes.has_information_outcome
            then not coalesce(outcomes.led_to_referral, false) and not coalesce(outcomes.led_to_early_help, false)
        else outcomes.has_information_outcome
    end as is_information_only,
    teams.team_name,
    contacts.snapshot_date,
    'ssd' as source_route,
    contacts.load_id,
    contacts.row_number
from {{ ref('stg_ssd__contacts') }} as contacts
cross join {{ ref('stg_control__run') }} as run
inner join {{ ref('int_children__identities') }} as children on contacts.child_id = children.child_id
left join outcomes on contacts.contact_id = outcomes.contact_id
left join teams on contacts.contact_id = teams.contact_id and teams.place = 1
where contacts.contact_date <= run.as_at and {{ on_route('contacts', 'ssd') }}

union all

select
    {{ row_key(['child_key', 'contact_date', 'contact_source']) }} as contact_key,
    child_key,
    contact_date,
    contact_source,
    cast(null as boolean) as is_no_further_action,
    cast(null as boolean) as led_to_referral,
    cast(null as boolean) as led_to_early_help,
    cast(null as boolean) as is_information_only,
    cast(null as varchar) as team_name,
    snapshot_date,
    'annex_a' as source_route,
    load_id,
    row_number
from annex_a
where place = 1
