-- Event: what came in about a sibling group gives a row for each child; of the rows of one day and source about children of one family
-- one stands for all: the first contact of each with the first of the others, and so on. A child of no family known is alone.
--
-- Whether a contact became a referral is its outcome's to say. Where none is recorded, and by Annex A, which has none, a referral of the
-- same child received on the day of the contact or within the two working days after it tells; of several contacts that could have led
-- to one referral only the last did. Without one it is not known before those days have passed and referrals are known to their end.
with

families as (
    select
        children.child_key,
        min(families.family_id) as family_id
    from {{ ref('stg_ssd__family') }} as families
    inner join {{ ref('int_children__identities') }} as children on families.child_id = children.child_id
    group by children.child_key
),

contacts as (
    select
        contact_key,
        child_key,
        contact_date,
        contact_source,
        row_number() over (partition by child_key, contact_date, contact_source order by contact_key) as place_of_day,
        is_no_further_action,
        led_to_referral,
        led_to_early_help,
        is_information_only,
        team_name,
        snapshot_date,
        source_route,
        load_id,
        row_number
    from {{ ref('int_front_door__contacts') }}
),

preceding as (
    select
        contacts.contact_key,
        row_number() over (
            partition by referrals.referral_key order by contacts.contact_date desc, contacts.contact_key desc
        ) as place
    from contacts
    inner join {{ ref('int_front_door__referrals') }} as referrals
        on contacts.child_key = referrals.child_key and contacts.contact_date <= referrals.referral_date
    inner join {{ ref('dim_date') }} as contact_day on contacts.contact_date = contact_day.date_day
    inner join {{ ref('dim_date') }} as referral_day on referrals.referral_date = referral_day.date_day
    where referral_day.working_day_index - contact_day.working_day_index <= 2
),

followed as (
    select distinct contact_key
    from preceding
    where place = 1
)

select
    contacts.contact_key,
    contacts.child_key,
    contacts.contact_date,
    contacts.contact_source,
    {{ contact_source_group('contacts.contact_source') }} as contact_source_group,
    {{ agency_key('referrer', 'contacts.contact_source') }} as agency_key,
    row_number() over (
        partition by
            coalesce(families.family_id, contacts.child_key), contacts.contact_date, contacts.contact_source, contacts.place_of_day
        order by contacts.contact_key
    ) = 1 as is_event,
    contacts.is_no_further_action,
    contacts.led_to_referral,
    case
        when contacts.led_to_referral is not null then contacts.led_to_referral
        when followed.contact_key is not null then true
        when last_day.working_day_index - contact_day.working_day_index > 2 then false
    end as became_referral,
    contacts.led_to_early_help,
    contacts.is_information_only,
    {{ team_columns() }},
    contacts.source_route,
    contacts.load_id,
    contacts.row_number
from contacts
left join families on contacts.child_key = families.child_key
left join followed on contacts.contact_key = followed.contact_key
left join {{ ref('int_control__known_to') }} as known on known.fact = 'referrals'
left join {{ ref('dim_date') }} as last_day on known.known_to = last_day.date_day
left join {{ ref('dim_date') }} as contact_day on contacts.contact_date = contact_day.date_day
{{ team_joins('contacts', 'contacts.contact_date') }}
