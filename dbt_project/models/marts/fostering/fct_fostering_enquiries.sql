-- Enquiries and how far they came by the as-at date; days are calendar days from the enquiry, which is day 0.
with

enquiries as (
    select
        enquiry_keys.foster_enquiry_key,
        keys.household_key,
        enquiries.household_kind,
        enquiries.foster_enquiry_source as enquiry_source,
        enquiries.foster_enquiry_date as enquiry_date,
        {{ by_as_at('enquiries.foster_initial_visit_date') }} as initial_visit_date,
        {{ by_as_at('enquiries.foster_application_date') }} as application_date,
        {{ by_as_at('enquiries.foster_stage_1_date') }} as stage_1_date,
        {{ by_as_at('enquiries.foster_stage_2_date') }} as stage_2_date,
        {{ by_as_at('enquiries.foster_approved_date') }} as approved_date,
        {{ by_as_at('enquiries.foster_enquiry_ended_date') }} as ended_date,
        enquiries.foster_enquiry_status,
        enquiries.load_id,
        enquiries.row_number
    from {{ ref('stg_fostering__household_enquiries') }} as enquiries
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('stg_control__foster_enquiry_keys') }} as enquiry_keys
        on enquiries.foster_enquiry_id = enquiry_keys.foster_enquiry_id
    left join {{ ref('stg_control__household_keys') }} as keys on enquiries.household_id = keys.household_id
    where enquiries.foster_enquiry_date <= run.as_at
)

select
    foster_enquiry_key as fostering_enquiry_key,
    -- before the approval no household exists
    case when approved_date is not null then household_key end as household_key,
    household_kind,
    {{ household_group('household_kind') }} as household_group,
    enquiry_source,
    enquiry_date,
    initial_visit_date,
    application_date,
    stage_1_date,
    stage_2_date,
    approved_date,
    ended_date,
    -- the status shown may be newer than the as-at date: what the dates say goes first
    case
        when approved_date is not null then 'approved'
        when ended_date is not null and foster_enquiry_status in ('withdrawn', 'declined') then foster_enquiry_status
        when ended_date is not null then 'ended'
        when application_date is not null then 'application'
        else 'open'
    end as enquiry_status,
    {{ days_between('enquiry_date', 'initial_visit_date') }} as days_to_initial_visit,
    {{ days_between('enquiry_date', 'application_date') }} as days_to_application,
    {{ days_between('application_date', 'stage_1_date') }} as days_in_stage_1,
    {{ days_between('stage_1_date', 'stage_2_date') }} as days_in_stage_2,
    {{ days_between('enquiry_date', 'approved_date') }} as days_to_approval,
    load_id,
    row_number
from enquiries
