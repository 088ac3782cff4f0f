-- One row per child. A child recorded under two numbers is one child (int_children__keys).
with

restrictions as (
    -- A restriction whose kind cannot be read still restricts; of several the strictest holds.
    select
        keys.child_key,
        min(
            case restrictions.restriction
                when 'sealed_adoption' then '1 sealed_adoption'
                when 'confidential_address' then '3 confidential_address'
                else '2 restricted'
            end
        ) as ranked_restriction
    from {{ ref('stg_reference__record_restrictions') }} as restrictions
    inner join {{ ref('int_children__keys') }} as keys on restrictions.child_id = keys.child_id
    cross join {{ ref('stg_control__run') }} as run
    where
        (restrictions.valid_from is null or restrictions.valid_from <= run.as_at)
        and (restrictions.valid_to is null or restrictions.valid_to >= run.as_at)
    group by keys.child_key
)

select
    children.child_key,
    children.child_id,
    children.date_of_birth,
    coalesce(children.gender, 'unknown') as sex,
    coalesce(children.ethnicity, 'unknown') as ethnicity,
    {{ ethnicity_group('children.ethnicity') }} as ethnicity_group,
    coalesce(children.disability, 'unknown') as disability,
    coalesce(children.has_ehcp, 'unknown') as has_ehcp,
    coalesce(children.uasc, 'unknown') as unaccompanied,
    children.death_date,
    coalesce(substring(restrictions.ranked_restriction, 3), 'none') as record_restriction
from {{ ref('int_children__people') }} as children
left join restrictions on children.child_key = restrictions.child_key
