-- One row per subject on the lists of audits, as circulated: what was replaced keeps its row beside the one that took its place. The
-- key is made of the subject's pseudonym and the number of the allocation.
with

replacements as (
    select distinct replaced_by as allocation_id
    from {{ ref('stg_quality_assurance__audit_allocations') }}
    where replaced_by is not null
),

allocations as (
    select
        allocations.allocation_id,
        allocations.audit_id,
        allocations.template,
        allocations.subject_type,
        allocations.service_code,
        allocations.team_code,
        allocations.sample_date,
        allocations.circulated_date,
        allocations.due_date,
        allocations.replaced_by,
        allocations.replacement_approved,
        allocations.restricted_record_approved,
        allocations.load_id,
        allocations.row_number,
        children.child_key,
        coalesce(children.child_key, households.household_key, families.adopter_family_key) as subject_key
    from {{ ref('stg_quality_assurance__audit_allocations') }} as allocations
    inner join {{ ref('stg_control__run') }} as run on allocations.circulated_date <= run.as_at
    left join {{ ref('int_children__identities') }} as children
        on allocations.subject_type = 'child' and coalesce(allocations.child_id, allocations.subject_id) = children.child_id
    left join {{ ref('stg_control__household_keys') }} as households
        on allocations.subject_type = 'fostering_household' and allocations.subject_id = households.household_id
    left join {{ ref('stg_control__adopter_family_keys') }} as families
        on allocations.subject_type = 'adopter_family' and allocations.subject_id = families.adopter_family_id
)

select
    {{ row_key(['allocations.subject_key', 'allocations.allocation_id']) }} as allocation_key,
    audits.audit_key,
    allocations.child_key,
    allocations.subject_type,
    allocations.template,
    coalesce(nullif(trim(allocations.service_code), ''), 'unmapped') as service_code,
    coalesce(nullif(trim(allocations.team_code), ''), 'unmapped') as team_code,
    allocations.sample_date,
    allocations.circulated_date,
    allocations.due_date,
    replacements.allocation_id is not null as is_replacement,
    allocations.replaced_by is not null as is_replaced,
    {{ answered_yes('allocations.replacement_approved') }} as is_replacement_approved,
    {{ answered_yes('allocations.restricted_record_approved') }} as is_restricted_record_approved,
    allocations.load_id,
    allocations.row_number
from allocations
left join replacements on allocations.allocation_id = replacements.allocation_id
left join {{ ref('stg_control__audit_keys') }} as audits on allocations.audit_id = audits.audit_id
