select
    {{ row_key(['children.child_key', 'contacts.contact_date', 'contacts.contact_source']) }} as contact_key,
    children.child_key,
    contacts.contact_date,
    contacts.contact_source,
    {{ contact_source_group('contacts.contact_source') }} as contact_source_group,
    contacts.load_id,
    contacts.row_number
from {{ ref('stg_annex_a__contacts') }} as contacts
cross join {{ ref('stg_control__run') }} as run
inner join {{ ref('int_children__identities') }} as children on contacts.child_id = children.child_id
where contacts.is_current and contacts.contact_date <= run.as_at
