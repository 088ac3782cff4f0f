-- List 11: adopters who were in the process on some day of the 12 months, a row for each of a couple. What the adoption extract does not
-- tell of a single adopter is blank, and so is every day that would tell which child came to them. It does not say when the
-- process ended with an order: a family leaves the list two years after the first placement, when the order is a year old or more.
with

listed as (
    select
        days.period,
        family_ids.adopter_family_id,
        families.adopters_count,
        families.is_early_permanence_approved,
        families.enquiry_date,
        {{ listed_by_then('families.stage_one_start_date') }} as stage_one_start_date,
        {{ listed_by_then('families.stage_one_end_date') }} as stage_one_end_date,
        {{ listed_by_then('families.stage_two_start_date') }} as stage_two_start_date,
        {{ listed_by_then('families.stage_two_end_date') }} as stage_two_end_date,
        {{ listed_by_then('families.approved_date') }} as approved_date,
        {{ listed_by_then('families.left_date') }} as left_date,
        families.left_reason
    from {{ ref('fct_adopter_families') }} as families
    inner join {{ ref('stg_control__adopter_family_keys') }} as family_ids
        on families.adopter_family_key = family_ids.adopter_family_key
    inner join {{ ref('int_annex_a__days') }} as days
        on
            families.enquiry_date <= days.reference_date
            and (families.left_date is null or families.left_date >= days.year_start)
    left join {{ ref('stg_adoption__adopter_families') }} as applications
        on
            family_ids.adopter_family_id = applications.adopter_family_id
            and families.enquiry_date = applications.adopter_enquiry_date
    where
        applications.first_placement_date is null
        or applications.first_placement_date >= {{ add_months('days.year_start', -12) }}
),

adopters as (
    select 1 as adopter_number
    union all
    select 2 as adopter_number
)

select
    listed.period,
    listed.adopter_family_id || '-' || cast(adopters.adopter_number as varchar) as adopter_id,
    listed.adopter_family_id as family_id,
    cast(null as varchar) as gender,
    cast(null as varchar) as ethnicity,
    cast(null as varchar) as disability,
    {{ listed_answer('listed.is_early_permanence_approved') }} as fostering_for_adoption,
    listed.enquiry_date,
    listed.stage_one_start_date as stage_1_start_date,
    listed.stage_one_end_date as stage_1_end_date,
    listed.stage_two_start_date as stage_2_start_date,
    listed.stage_two_end_date as stage_2_end_date,
    -- the formal application opens stage two
    listed.stage_two_start_date as application_date,
    listed.approved_date as approval_date,
    cast(null as date) as matched_date,
    cast(null as date) as placed_date,
    cast(null as integer) as children_placed,
    cast(null as date) as adoption_order_date,
    listed.left_date as leaving_date,
    case when listed.left_date is not null then listed.left_reason end as leaving_reason
from listed
inner join adopters on coalesce(listed.adopters_count, 1) >= adopters.adopter_number
