-- One row per child. A child recorded under two numbers is one child (int_children__keys).
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
    coalesce(restrictions.record_restriction, 'none') as record_restriction
from {{ ref('int_children__people') }} as children
left join {{ ref('int_children__restrictions') }} as restrictions on children.child_key = restrictions.child_key
