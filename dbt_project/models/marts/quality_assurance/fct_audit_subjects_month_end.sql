-- Who a month's sample of audits can be drawn from, at the reference date of the month end before: the children of the frame, once more
-- with the home's team those living in one of the authority's homes, fostering households, and adopter families being assessed
-- or approved with no child placed yet. Listed before is the latest audit that was not withdrawn, or the latest list circulated
-- from which the subject was not replaced, up to that day. A restricted record may be drawn when every restriction that holds at
-- the as-at date says that a peer audit of it was approved.
with

children as (
    select
        month,
        reference_date,
        child_key as subject_key,
        child_key,
        case_status,
        team_code,
        service_code
    from {{ ref('fct_audit_frame_month_end') }}
),

stays as (
    select
        month_ends.month,
        month_ends.reference_date,
        stays.child_key,
        stays.team_code,
        stays.service_code,
        row_number() over (
            partition by month_ends.month, stays.child_key order by stays.start_date desc, stays.residential_stay_key asc
        ) as place
    from {{ ref('fct_residential_stays') }} as stays
    inner join {{ ref('int_calendar__month_ends') }} as month_ends
        on
            stays.start_date <= month_ends.reference_date
            and {{ end_or_never('stays.end_date') }} > month_ends.reference_date
),

families as (
    select
        month_ends.month,
        month_ends.reference_date,
        families.adopter_family_key,
        families.team_code,
        families.service_code,
        row_number() over (
            partition by month_ends.month, families.adopter_family_key
            order by families.enquiry_date desc, families.adopter_enquiry_key asc
        ) as place
    from {{ ref('fct_adopter_families') }} as families
    inner join {{ ref('int_calendar__month_ends') }} as month_ends
        on
            families.stage_one_start_date <= month_ends.reference_date
            and {{ end_or_never('families.left_date') }} > month_ends.reference_date
    where not families.is_child_placed
),

subjects as (
    select
        'child' as subject_type,
        month,
        reference_date,
        subject_key,
        child_key,
        case_status,
        team_code,
        service_code
    from children
    union all
    select
        'child' as subject_type,
        stays.month,
        stays.reference_date,
        stays.child_key as subject_key,
        stays.child_key,
        coalesce(children.case_status, 'looked_after') as case_status,
        stays.team_code,
        stays.service_code
    from stays
    left join children on stays.month = children.month and stays.child_key = children.child_key
    where stays.place = 1 and (children.service_code is null or children.service_code <> stays.service_code)
    union all
    select
        'fostering_household' as subject_type,
        month,
        reference_date,
        household_key as subject_key,
        cast(null as varchar) as child_key,
        cast(null as varchar) as case_status,
        team_code,
        service_code
    from {{ ref('fct_fostering_households_month_end') }}
    union all
    select
        'adopter_family' as subject_type,
        month,
        reference_date,
        adopter_family_key as subject_key,
        cast(null as varchar) as child_key,
        cast(null as varchar) as case_status,
        team_code,
        service_code
    from families
    where place = 1
),

listings as (
    select
        subject_type,
        subject_id,
        child_id,
        allocated_date as listed_date
    from {{ ref('int_quality_assurance__audits') }}
    where status <> 'withdrawn'
    union all
    select
        allocations.subject_type,
        allocations.subject_id,
        allocations.child_id,
        allocations.circulated_date as listed_date
    from {{ ref('stg_quality_assurance__audit_allocations') }} as allocations
    inner join {{ ref('stg_control__run') }} as run on allocations.circulated_date <= run.as_at
    where allocations.replaced_by is null
),

listed as (
    select distinct
        coalesce(identities.child_key, households.household_key, families.adopter_family_key) as subject_key,
        listings.listed_date
    from listings
    left join {{ ref('int_children__identities') }} as identities
        on listings.subject_type = 'child' and coalesce(listings.child_id, listings.subject_id) = identities.child_id
    left join {{ ref('stg_control__household_keys') }} as households
        on listings.subject_type = 'fostering_household' and listings.subject_id = households.household_id
    left join {{ ref('stg_control__adopter_family_keys') }} as families
        on listings.subject_type = 'adopter_family' and listings.subject_id = families.adopter_family_id
),

last_listed as (
    select
        listed.subject_key,
        month_ends.month,
        max(listed.listed_date) as last_listed_date
    from listed
    inner join {{ ref('int_calendar__month_ends') }} as month_ends on listed.listed_date <= month_ends.reference_date
    where listed.subject_key is not null
    group by listed.subject_key, month_ends.month
),

approvals as (
    select
        keys.child_key,
        count(*) = count(*) filter (where restrictions.audit_approved = 'yes') as is_audit_approved
    from {{ ref('stg_reference__record_restrictions') }} as restrictions
    inner join {{ ref('int_children__keys') }} as keys on restrictions.child_id = keys.child_id
    cross join {{ ref('stg_control__run') }} as run
    where
        (restrictions.valid_from is null or restrictions.valid_from <= run.as_at)
        and (restrictions.valid_to is null or restrictions.valid_to >= run.as_at)
    group by keys.child_key
)

select
    {{ row_key(['subjects.subject_key', 'subjects.service_code', 'subjects.month']) }} as audit_subject_key,
    subjects.month,
    subjects.reference_date,
    subjects.subject_type,
    subjects.subject_key,
    coalesce(children.child_id, households.household_id, families.adopter_family_id) as subject_id,
    subjects.child_key,
    subjects.case_status,
    subjects.team_code,
    subjects.service_code,
    last_listed.last_listed_date,
    coalesce(children.record_restriction <> 'none', false) as is_restricted,
    coalesce(approvals.is_audit_approved, false) as is_audit_approved
from subjects
left join {{ ref('dim_child') }} as children on subjects.child_key = children.child_key
left join {{ ref('stg_control__household_keys') }} as households
    on subjects.subject_type = 'fostering_household' and subjects.subject_key = households.household_key
left join {{ ref('stg_control__adopter_family_keys') }} as families
    on subjects.subject_type = 'adopter_family' and subjects.subject_key = families.adopter_family_key
left join last_listed on subjects.subject_key = last_listed.subject_key and subjects.month = last_listed.month
left join approvals on subjects.child_key = approvals.child_key
