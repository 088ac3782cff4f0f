{{ config(materialized='table') }}
-- Children whose record is restricted at the as-at date. A restriction whose kind cannot be read still restricts; of several the
-- strictest holds.
with

ranked as (
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
    child_key,
    substring(ranked_restriction, 3) as record_restriction
from ranked
