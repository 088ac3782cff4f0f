-- One row per family that the case system or the programme knows. Children whose record is restricted are not counted here: the
-- rows of this table name families, and a count above the children shown would tell that one is hidden.
with

named as (
    select
        family_id,
        1 as in_case_system,
        0 as in_programme
    from {{ ref('stg_ssd__family') }}

    union all

    select
        family_id,
        0 as in_case_system,
        1 as in_programme
    from {{ ref('stg_supporting_families__families') }}

    union all

    select
        family_id,
        0 as in_case_system,
        1 as in_programme
    from {{ ref('stg_supporting_families__family_members') }}
),

families as (
    select
        keys.family_key,
        min(named.family_id) as family_id,
        max(named.in_case_system) as in_case_system,
        max(named.in_programme) as in_programme
    from named
    inner join {{ ref('stg_control__family_keys') }} as keys on named.family_id = keys.family_id
    group by keys.family_key
),

members as (
    select
        members.family_key,
        count(distinct members.child_key) as children_known
    from {{ ref('fct_family_members') }} as members
    inner join {{ ref('dim_child') }} as children on members.child_key = children.child_key
    where children.record_restriction = 'none'
    group by members.family_key
)

select
    families.family_key,
    families.family_id,
    coalesce(members.children_known, 0) as children_known,
    coalesce(members.children_known, 0) > 1 as has_sibling_group,
    families.in_case_system = 1 as is_in_case_system,
    families.in_programme = 1 as is_in_programme
from families
left join members on families.family_key = members.family_key
