-- One row per referral that came through the portal, on the day it was received.
with

through_portal as (
    select distinct referral_key
    from {{ ref('fct_portal_referrals') }}
    where referral_key is not null
)

select
    {{ kpi_item_columns('referrals', 'referral_key', 'referral_date') }}
    referrals.referral_source_group as referral_source,
    1 as is_referral_through_portal
from {{ ref('fct_referrals') }} as referrals
inner join through_portal on referrals.referral_key = through_portal.referral_key
{{ kpi_item_joins('referrals', 'referral_date') }}
where not coalesce(referrals.is_within_open_episode, false)
