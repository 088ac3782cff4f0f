-- One row per referral, on the day it was received.
select
    {{ kpi_item_columns('referrals', 'referral_key', 'referral_date') }}
    1 as is_referral,
    {{ kpi_flag('referrals.is_rereferral') }} as is_rereferral,
    -- History is too short to tell, and no earlier referral is in sight.
    {{ kpi_flag("referrals.rereferral_basis = 'unknown'") }} as is_rereferral_unknown,
    {{ kpi_flag('referrals.is_nfa') }} as is_no_further_action
from {{ ref('fct_referrals') }} as referrals
{{ kpi_item_joins('referrals', 'referral_date') }}
