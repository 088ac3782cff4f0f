-- Annex A list 3 gives the number of referrals in the 12 months before the child's LATEST referral and repeats it on every
-- row of the child. It therefore says something of the latest referral only: it is taken from the first snapshot
-- in which a referral was the child's latest one.
with

rows_of_snapshots as (
    select
        child_id,
        referral_date,
        referrals_last_12_months,
        snapshot_date,
        max(referral_date) over (partition by child_id, snapshot_date) as latest_referral_date
    from {{ ref('stg_annex_a__referrals') }}
),

ranked as (
    select
        child_id,
        referral_date,
        referrals_last_12_months,
        row_number() over (
            partition by child_id, referral_date
            order by snapshot_date asc, referrals_last_12_months desc
        ) as snapshot_rank
    from rows_of_snapshots
    where
        referral_date = latest_referral_date
        and referrals_last_12_months is not null
)

select
    child_id,
    referral_date,
    referrals_last_12_months
from ranked
where snapshot_rank = 1
