-- One row per child over every source. Each attribute is the one the latest snapshot gives, from the lowest list number;
-- a blank does not overwrite what was known before.
with

ranked as (
    select
        child_id,
        date_of_birth,
        gender,
        ethnicity,
        disability,
        row_number() over (
            partition by child_id
            order by case when date_of_birth is null then 1 else 0 end asc, snapshot_date desc, list_number asc, row_number desc
        ) as date_of_birth_rank,
        row_number() over (
            partition by child_id
            order by case when gender is null then 1 else 0 end asc, snapshot_date desc, list_number asc, row_number desc
        ) as gender_rank,
        row_number() over (
            partition by child_id
            order by case when ethnicity is null then 1 else 0 end asc, snapshot_date desc, list_number asc, row_number desc
        ) as ethnicity_rank,
        row_number() over (
            partition by child_id
            order by case when disability is null then 1 else 0 end asc, snapshot_date desc, list_number asc, row_number desc
        ) as disability_rank
    from {{ ref('int_children__demographics') }}
),

children as (
    select
        child_id,
        max(case when date_of_birth_rank = 1 then date_of_birth end) as date_of_birth,
        max(case when gender_rank = 1 then gender end) as gender,
        max(case when ethnicity_rank = 1 then ethnicity end) as ethnicity,
        max(case when disability_rank = 1 then disability end) as disability
    from ranked
    group by child_id
),

restrictions as (
    -- A restriction whose kind cannot be read still restricts; of several the strictest holds.
    select
        restrictions.child_id,
        min(
            case restrictions.restriction
                when 'sealed_adoption' then '1 sealed_adoption'
                when 'confidential_address' then '3 confidential_address'
                else '2 restricted'
            end
        ) as ranked_restriction
    from {{ ref('stg_reference__record_restrictions') }} as restrictions
    cross join {{ ref('stg_control__run') }} as run
    where
        (restrictions.valid_from is null or restrictions.valid_from <= run.as_at)
        and (restrictions.valid_to is null or restrictions.valid_to >= run.as_at)
    group by restrictions.child_id
)

select
    child_keys.child_key,
    children.child_id,
    children.date_of_birth,
    coalesce(children.gender, 'unknown') as sex,
    coalesce(children.ethnicity, 'unknown') as ethnicity,
    {{ ethnicity_group('children.ethnicity') }} as ethnicity_group,
    coalesce(children.disability, 'unknown') as disability,
    coalesce(substring(restrictions.ranked_restriction, 3), 'none') as record_restriction
from children
left join {{ ref('stg_control__child_keys') }} as child_keys on children.child_id = child_keys.child_id
left join restrictions on children.child_id = restrictions.child_id
