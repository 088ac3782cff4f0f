-- Families with a child, or with an engagement in the programme. Children whose record is restricted are not counted here: the rows
-- of this table name families, and a count above the children shown would tell that one is hidden. A family all of whose children are
-- hidden would give them away as well: it is withheld from every zone, and so are the rows of facts that hold its key.
with

named as (
    select
        family_id,
        1 as in_case_system,
        0 as in_programme,
        0 as engaged
    from {{ ref('stg_ssd__family') }}

    union all

    select
        family_id,
        0 as in_case_system,
        1 as in_programme,
        1 as engaged
    from {{ ref('stg_supporting_families__families') }}

    union all

    select
        family_id,
        0 as in_case_system,
        1 as in_programme,
        0 as engaged
    from {{ ref('stg_supporting_families__family_members') }}
),

families as (
    select
        keys.family_key,
        min(named.family_id) as family_id,
        max(named.in_case_system) as in_case_system,
        max(named.in_programme) as in_programme,
        max(named.engaged) as engaged
    from named
    inner join {{ ref('stg_control__family_keys') }} as keys on named.family_id = keys.family_id
    group by keys.family_key
),

members as (
    select
        members.family_key,
        count(distinct case when restrictions.child_key is null then members.child_key end) as children_known
    from {{ ref('fct_family_members') }} as members
    left join {{ ref('int_children__restrictions') }} as restrictions on members.child_key = restrictions.child_key
    group by members.family_key
)

select
    families.family_key,
    families.family_id,
    coalesce(members.children_known, 0) as children_known,
    coalesce(members.children_known, 0) > 1 as has_sibling_group,
    families.in_case_system = 1 as is_in_case_system,
    families.in_programme = 1 as is_in_programme,
    coalesce(members.children_known = 0, false) as is_withheld
from families
left join members on families.family_key = members.family_key
where members.family_key is not null or families.engaged = 1
