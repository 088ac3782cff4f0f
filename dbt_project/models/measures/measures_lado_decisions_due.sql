-- One row per referral to the designated officer, on the day the first decision was due. Neither child, person nor team is told.
with

referrals as (
    select
        lado_referral_key,
        decision_due_date,
        referral_kind,
        coalesce(employer_sector, 'unknown') as employer_sector,
        is_decision_in_time,
        cast(null as varchar) as child_key,
        cast(null as varchar) as service_code,
        cast(null as varchar) as team_code
    from {{ ref('fct_lado_referrals') }}
)

select
    {{ kpi_plain_item_columns('referrals', 'lado_referral_key', 'decision_due_date') }}
    referrals.referral_kind,
    referrals.employer_sector,
    1 as is_decision_due,
    {{ kpi_flag('referrals.is_decision_in_time') }} as is_decision_in_time
from referrals
{{ kpi_plain_item_joins('referrals', 'decision_due_date') }}
