-- One row per adopter family and enquiry, with the stages of their assessment. When they were matched and a child was placed
-- stands here as a fact without its day: few children are matched on any day, and the day would tell whose parents they became.
with

families as (
    select
        family_keys.adopter_family_key,
        families.adopter_enquiry_date as enquiry_date,
        families.adoption_agency,
        families.adopters_count,
        families.early_permanence_approved,
        {{ by_as_at('families.registration_date') }} as registration_date,
        {{ by_as_at('families.stage_one_start_date') }} as stage_one_start_date,
        {{ by_as_at('families.stage_one_end_date') }} as stage_one_end_date,
        {{ by_as_at('families.stage_two_start_date') }} as stage_two_start_date,
        {{ by_as_at('families.stage_two_end_date') }} as stage_two_end_date,
        {{ by_as_at('families.adopters_approved_date') }} as approved_date,
        families.children_approved,
        coalesce(families.adopters_matched_date <= run.as_at, false) as is_matched,
        coalesce(families.first_placement_date <= run.as_at, false) as is_child_placed,
        {{ by_as_at('families.adopters_left_date') }} as left_date,
        {{ by_as_at('families.adopters_left_date', 'families.adopters_left_reason') }} as left_reason,
        -- the time of stage one begins with the registration, or where none is recorded with the stage
        {{ by_as_at('coalesce(families.registration_date, families.stage_one_start_date)') }} as stage_one_counted_from,
        families.team_code as team_name,
        families.snapshot_date,
        families.load_id,
        families.row_number
    from {{ ref('stg_adoption__adopter_families') }} as families
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('stg_control__adopter_family_keys') }} as family_keys
        on families.adopter_family_id = family_keys.adopter_family_id
    where families.adopter_enquiry_date <= run.as_at
),

due as (
    select
        families.adopter_family_key,
        families.enquiry_date,
        families.adoption_agency,
        families.adopters_count,
        families.early_permanence_approved,
        families.registration_date,
        families.stage_one_start_date,
        families.stage_one_end_date,
        families.stage_two_start_date,
        families.stage_two_end_date,
        families.approved_date,
        families.children_approved,
        families.is_matched,
        families.is_child_placed,
        families.left_date,
        families.left_reason,
        families.stage_one_counted_from,
        families.team_name,
        families.snapshot_date,
        families.load_id,
        families.row_number,
        {{ due_after('families.stage_one_counted_from', 'first_stage') }} as stage_one_due_date,
        {{ due_after('families.stage_two_start_date', 'second_stage') }} as stage_two_due_date
    from families
    {{ standard_join('adopter_stage_1', 'families.stage_one_counted_from', 'first_stage') }}
    {{ due_joins('families.stage_one_counted_from', 'first_stage') }}
    {{ standard_join('adopter_stage_2', 'families.stage_two_start_date', 'second_stage') }}
    {{ due_joins('families.stage_two_start_date', 'second_stage') }}
)

select
    {{ row_key(['due.adopter_family_key', 'due.enquiry_date']) }} as adopter_enquiry_key,
    due.adopter_family_key,
    due.enquiry_date,
    due.adoption_agency,
    {{ agency_key('adoption_agency', 'due.adoption_agency') }} as agency_key,
    due.adopters_count,
    {{ answered_yes('due.early_permanence_approved') }} as is_early_permanence_approved,
    due.registration_date,
    due.stage_one_start_date,
    due.stage_one_end_date,
    due.stage_one_due_date,
    {{ step_days('due.stage_one_counted_from', 'due.stage_one_end_date') }} as days_in_stage_one,
    due.stage_one_end_date <= due.stage_one_due_date as is_stage_one_in_time,
    due.stage_two_start_date,
    due.stage_two_end_date,
    due.stage_two_due_date,
    {{ step_days('due.stage_two_start_date', 'due.stage_two_end_date') }} as days_in_stage_two,
    due.stage_two_end_date <= due.stage_two_due_date as is_stage_two_in_time,
    due.approved_date,
    {{ step_days('due.enquiry_date', 'due.approved_date') }} as days_enquiry_to_approval,
    due.children_approved,
    due.is_matched,
    due.is_child_placed,
    due.left_date,
    due.left_reason,
    case
        when due.left_date is not null then 'left'
        when due.is_child_placed then 'child_placed'
        when due.is_matched then 'matched'
        when due.approved_date is not null then 'approved'
        when due.stage_two_start_date is not null then 'stage_two'
        when due.stage_one_start_date is not null then 'stage_one'
        when due.registration_date is not null then 'registered'
        else 'enquiry'
    end as stage,
    {{ team_columns() }},
    due.load_id,
    due.row_number
from due
{{ team_joins('due', 'due.enquiry_date') }}
