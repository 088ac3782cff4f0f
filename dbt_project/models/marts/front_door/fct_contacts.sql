select
    contacts.contact_key,
    contacts.child_key,
    contacts.contact_date,
    contacts.contact_source,
    {{ contact_source_group('contacts.contact_source') }} as contact_source_group,
    {{ agency_key('referrer', 'contacts.contact_source') }} as agency_key,
    contacts.is_no_further_action,
    contacts.led_to_referral,
    contacts.led_to_early_help,
    contacts.is_information_only,
    {{ team_columns() }},
    contacts.source_route,
    contacts.load_id,
    contacts.row_number
from {{ ref('int_front_door__contacts') }} as contacts
{{ team_joins('contacts', 'contacts.contact_date') }}
