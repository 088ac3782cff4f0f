-- One row per referral, on the day it was received, by who referred.
select
    {{ kpi_item_columns('referrals', 'referral_key', 'referral_date') }}
    coalesce(referrals.referral_source_group, 'unknown') as referral_source,
    1 as is_referral,
    {{ kpi_flag('referrals.led_to_assessment is not null or referrals.first_assessment_date is not null') }} as is_outcome_known,
    {{ kpi_flag('referrals.led_to_assessment or referrals.first_assessment_date is not null') }} as is_converted
from {{ ref('fct_referrals') }} as referrals
{{ kpi_item_joins('referrals', 'referral_date') }}
