-- One row per family, child and source that says so: the case system's families, and those of the programme. Families are linked to
-- children by these two lists only, never by address or name, and links across an adoption are refused when they are loaded.
-- A child with two ids in one family stands there once.
with

members as (
    select
        family_id,
        child_id,
        'ssd' as source,
        cast(null as date) as joined_date,
        cast(null as date) as left_date,
        cast(null as varchar) as focus_child,
        cast(null as varchar) as in_plan,
        load_id,
        row_number
    from {{ ref('stg_ssd__family') }}

    union all

    select
        family_id,
        child_id,
        'supporting_families' as source,
        joined_family_date as joined_date,
        left_family_date as left_date,
        focus_child,
        in_plan,
        load_id,
        row_number
    from {{ ref('stg_supporting_families__family_members') }}
),

keyed as (
    select
        families.family_key,
        children.child_key,
        members.source,
        members.joined_date,
        {{ by_as_at('members.left_date') }} as left_date,
        members.focus_child,
        members.in_plan,
        members.load_id,
        members.row_number,
        row_number() over (
            partition by families.family_key, children.child_key, members.source
            order by
                case when members.left_date is null then 0 else 1 end asc,
                members.joined_date asc, members.load_id desc, members.row_number desc
        ) as place
    from members
    inner join {{ ref('stg_control__family_keys') }} as families on members.family_id = families.family_id
    inner join {{ ref('int_children__identities') }} as children on members.child_id = children.child_id
    cross join {{ ref('stg_control__run') }} as run
    where members.joined_date is null or members.joined_date <= run.as_at
)

select
    {{ row_key(['family_key', 'child_key', 'source']) }} as family_member_key,
    family_key,
    child_key,
    source,
    joined_date,
    left_date,
    {{ answered_yes('focus_child') }} as is_focus_child,
    {{ answered_yes('in_plan') }} as is_in_plan,
    load_id,
    row_number
from keyed
where place = 1
