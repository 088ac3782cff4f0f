-- One row per referral, on the day it was received. What was recorded as a referral while an episode of the child was open is none.
select
    {{ kpi_item_columns('referrals', 'referral_key', 'referral_date') }}
    referrals.referral_source_group as referral_source,
    1 as is_referral,
    {{ kpi_flag('referrals.is_rereferral') }} as is_rereferral,
    -- History is too short to tell, and no earlier referral is in sight.
    {{ kpi_flag("referrals.rereferral_basis = 'unknown'") }} as is_rereferral_unknown,
    {{ kpi_flag('referrals.is_nfa') }} as is_no_further_action,
    {{ kpi_flag("referrals.referral_source_group = 'schools'") }} as is_from_school,
    {{ kpi_flag("referrals.referral_source_group = 'health_services'") }} as is_from_health_service,
    {{ kpi_flag("referrals.referral_source_group = 'police'") }} as is_from_police
from {{ ref('fct_referrals') }} as referrals
{{ kpi_item_joins('referrals', 'referral_date') }}
where not coalesce(referrals.is_within_open_episode, false)
