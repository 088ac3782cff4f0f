-- One row per claim for a successful family outcome. A claim without a date is being prepared; one dated after the as-at date
-- has not been made. The check of a sample counts from the day it was done.
with

claims as (
    select
        keys.family_key,
        claims.claim_id,
        claims.programme,
        claims.claim_kind,
        claims.claim_year,
        claims.claim_window,
        claims.claimed_date,
        claims.claim_status,
        claims.sampled,
        {{ by_as_at('claims.sampled_date') }} as sampled_date,
        case when coalesce(claims.sampled_date, run.as_at) <= run.as_at then claims.sample_valid end as sample_valid,
        case when coalesce(claims.sampled_date, run.as_at) <= run.as_at then claims.sample_reason end as invalid_reason,
        claims.load_id,
        claims.row_number
    from {{ ref('stg_supporting_families__claims') }} as claims
    inner join {{ ref('stg_control__family_keys') }} as keys on claims.family_id = keys.family_id
    cross join {{ ref('stg_control__run') }} as run
    where claims.claimed_date is null or claims.claimed_date <= run.as_at
)

select
    {{ row_key(['claims.family_key', 'claims.claim_id']) }} as claim_key,
    claims.family_key,
    claims.programme,
    claims.claim_kind,
    claims.claim_year,
    claims.claim_window,
    claims.claimed_date,
    claims.claim_status,
    coalesce(claims.claim_status in ('submitted', 'accepted', 'rejected'), false) as is_submitted,
    {{ answered_yes('claims.sampled') }} as is_sampled,
    claims.sampled_date,
    {{ answered_yes('claims.sample_valid') }} as is_valid,
    claims.invalid_reason,
    claims.load_id,
    claims.row_number
from claims
