-- One row per referral to the designated officer, on the day the designated officer was told. Neither child, person nor team is told.
with

referrals as (
    select
        lado_referral_key,
        referred_date,
        referral_kind,
        coalesce(employer_sector, 'unknown') as employer_sector,
        decision_due_date,
        cast(null as varchar) as child_key,
        cast(null as varchar) as service_code,
        cast(null as varchar) as team_code
    from {{ ref('fct_lado_referrals') }}
)

select
    {{ kpi_plain_item_columns('referrals', 'lado_referral_key', 'referred_date') }}
    referrals.referral_kind,
    referrals.employer_sector,
    1 as is_lado_referral,
    {{ kpi_flag('referrals.decision_due_date is null') }} as is_decision_due_date_not_recorded
from referrals
{{ kpi_plain_item_joins('referrals', 'referred_date') }}
