-- One row per child and contact, on the day of the contact. A contact that led to a referral and to early help is told by the
-- referral.
select
    {{ kpi_item_columns('contacts', 'contact_key', 'contact_date') }}
    contacts.contact_source_group as contact_source,
    case
        when contacts.led_to_referral then 'referral'
        when contacts.led_to_early_help then 'early_help'
        when contacts.is_information_only then 'information'
        when contacts.is_no_further_action then 'no_further_action'
        when contacts.led_to_early_help is null then 'not_recorded'
        else 'other'
    end as contact_outcome,
    1 as is_contact,
    {{ kpi_flag('contacts.is_event') }} as is_contact_event,
    {{ kpi_flag('contacts.became_referral is not null') }} as is_followed_contact,
    {{ kpi_flag('contacts.became_referral') }} as became_referral,
    {{ kpi_flag('contacts.became_referral is null') }} as is_not_followed_yet,
    {{ kpi_flag('contacts.led_to_early_help is not null') }} as is_decided_contact,
    {{ kpi_flag('contacts.led_to_early_help') }} as is_stepped_to_early_help,
    {{ kpi_flag('contacts.led_to_early_help is null') }} as is_outcome_not_recorded
from {{ ref('fct_contacts') }} as contacts
{{ kpi_item_joins('contacts', 'contact_date') }}
