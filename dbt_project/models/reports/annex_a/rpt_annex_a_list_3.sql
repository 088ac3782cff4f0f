-- List 3: referrals of six months; of several on one day the one that was taken up. The count is of the 12 months before the child's
-- LATEST referral, the same on each of its rows; what the source counted itself stands, where it did.
with

referrals as (
    select
        days.period,
        days.reference_date,
        referrals.child_key,
        referrals.referral_date,
        referrals.referral_source,
        referrals.is_nfa,
        referrals.referrals_last_12_months,
        referrals.team_code,
        referrals.worker_key,
        max(referrals.referral_date) over (partition by days.period, referrals.child_key) as latest_referral_date,
        row_number() over (
            partition by days.period, referrals.child_key, referrals.referral_date
            order by case when referrals.is_nfa then 1 else 0 end, referrals.referral_key
        ) as place
    from {{ ref('fct_referrals') }} as referrals
    inner join {{ ref('int_annex_a__days') }} as days
        on referrals.referral_date between days.window_start and days.reference_date
),

latest as (
    select
        period,
        child_key,
        referral_date,
        referrals_last_12_months
    from referrals
    where referral_date = latest_referral_date and place = 1
),

counted as (
    select
        latest.period,
        latest.child_key,
        coalesce(max(latest.referrals_last_12_months), count(earlier.referral_key)) as referrals_last_12_months
    from latest
    left join {{ ref('fct_referrals') }} as earlier
        on
            latest.child_key = earlier.child_key
            and earlier.referral_date >= {{ add_months('latest.referral_date', -12) }}
            and latest.referral_date > earlier.referral_date
    group by latest.period, latest.child_key
),

listed as (
    select
        referrals.period,
        referrals.reference_date,
        referrals.child_key,
        referrals.referral_date,
        referrals.referral_date as case_day,
        referrals.referral_source,
        referrals.is_nfa,
        counted.referrals_last_12_months,
        referrals.team_code,
        referrals.worker_key
    from referrals
    inner join counted on referrals.period = counted.period and referrals.child_key = counted.child_key
    where referrals.place = 1
)

select
    listed.period,
    listed.child_key,
    {{ listed_child() }},
    listed.referral_date,
    listed.referral_source,
    {{ listed_answer('listed.is_nfa') }} as referral_nfa,
    cast(listed.referrals_last_12_months as integer) as referrals_last_12_months,
    {{ listed_case_columns() }}
from listed
inner join {{ ref('dim_child') }} as children on listed.child_key = children.child_key
{{ listed_case_joins() }}
