-- One row per referral with what followed it, on the day it was received.
select
    {{ kpi_item_columns('referrals', 'referral_key', 'referral_date') }}
    referrals.referral_source_group as referral_source,
    1 as is_referral,
    {{ kpi_flag('referrals.is_not_in_need') }} as is_not_in_need,
    {{ kpi_flag("referrals.close_reason in ('RC8', 'RC9') and referrals.is_not_in_need is null") }} as is_assessment_not_recorded,
    {{ kpi_flag('not coalesce(referrals.is_nfa, false)') }} as is_taken_further,
    {{ kpi_flag('not coalesce(referrals.is_nfa, false) and referrals.first_assessment_date is not null') }} as is_assessment_started
from {{ ref('fct_referral_outcomes') }} as referrals
{{ kpi_item_joins('referrals', 'referral_date') }}
where not coalesce(referrals.is_within_open_episode, false)
