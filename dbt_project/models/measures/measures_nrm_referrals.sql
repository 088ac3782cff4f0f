-- One row per child and referral to the National Referral Mechanism, on the day of the referral.
select
    {{ kpi_item_columns('referrals', 'nrm_referral_key', 'referred_date') }}
    referrals.exploitation_group,
    1 as is_nrm_referral
from {{ ref('fct_nrm_referrals') }} as referrals
{{ kpi_item_joins('referrals', 'referred_date') }}
