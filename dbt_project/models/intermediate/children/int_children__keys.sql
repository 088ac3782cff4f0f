-- Every child id with the key of the child it belongs to. A child recorded twice has two ids: the linked identifiers name the
-- number that was given up (former_case_number), and from the day the link was found on both stand under the key of the
-- number that was kept. Two steps are followed, so that a number that was merged twice arrives too; two numbers that each claim
-- to replace the other stay apart. Identities before and after an adoption have no link here: such rows are not in schema raw.
with

links as (
    select
        links.identifier_value as former_id,
        links.child_id as kept_id,
        row_number() over (
            partition by links.identifier_value
            order by links.valid_from_date desc, links.child_id asc
        ) as place
    from {{ ref('stg_ssd__linked_identifiers') }} as links
    cross join {{ ref('stg_control__run') }} as run
    where
        links.identifier_type = 'former_case_number'
        and links.identifier_value <> links.child_id
        and (links.valid_from_date is null or links.valid_from_date <= run.as_at)
        and (links.valid_to_date is null or links.valid_to_date >= run.as_at)
),

first_links as (
    select
        former_id,
        kept_id
    from links
    where place = 1
),

resolved as (
    select
        ids.child_id,
        coalesce(second_link.kept_id, first_link.kept_id, ids.child_id) as kept_child_id
    from {{ ref('stg_control__child_keys') }} as ids
    left join first_links as first_link on ids.child_id = first_link.former_id
    left join first_links as second_link on first_link.kept_id = second_link.former_id
)

select
    resolved.child_id,
    resolved.kept_child_id,
    coalesce(kept.child_key, own.child_key) as child_key
from resolved
inner join {{ ref('stg_control__child_keys') }} as own on resolved.child_id = own.child_id
left join {{ ref('stg_control__child_keys') }} as kept on resolved.kept_child_id = kept.child_id
