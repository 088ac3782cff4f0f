-- List 1: contacts of six months. Contacts of a child on one day from one source cannot be told apart and stand once.
with

listed as (
    select distinct
        days.period,
        days.reference_date,
        contacts.child_key,
        contacts.contact_date,
        contacts.contact_source
    from {{ ref('fct_contacts') }} as contacts
    inner join {{ ref('int_annex_a__days') }} as days
        on contacts.contact_date between days.window_start and days.reference_date
)

select
    listed.period,
    listed.child_key,
    {{ listed_child() }},
    listed.contact_date,
    listed.contact_source
from listed
inner join {{ ref('dim_child') }} as children on listed.child_key = children.child_key
