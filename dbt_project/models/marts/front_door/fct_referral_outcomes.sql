-- What followed a referral: its first assessment before the episode closed, and the closure. The case system ties both to the number
-- of the referral. Annex A does not: there the assessment is the child's first that started from the day of the referral on, before
-- the next referral of the child and not after the closure, and the closure is that of the child's episode of need that began on the
-- day of the referral.
with

referrals as (
    select
        referral_key,
        child_key,
        referral_date,
        referral_source_group,
        is_nfa,
        first_assessment_date,
        close_date,
        close_reason,
        is_not_in_need,
        is_within_open_episode,
        lead(referral_date) over (partition by child_key order by referral_date, referral_key) as next_referral_date,
        team_code,
        service_code,
        source_route,
        load_id,
        row_number
    from {{ ref('fct_referrals') }}
),

episodes as (
    select
        child_key,
        referral_date,
        close_date,
        close_reason,
        row_number() over (partition by child_key, referral_date order by cin_key) as place
    from {{ ref('fct_cin_episodes') }}
),

listed as (
    select
        referrals.referral_key,
        referrals.child_key,
        referrals.referral_date,
        referrals.next_referral_date,
        episodes.close_date,
        episodes.close_reason
    from referrals
    left join episodes
        on referrals.child_key = episodes.child_key and referrals.referral_date = episodes.referral_date and episodes.place = 1
    where referrals.source_route = 'annex_a'
),

assessed as (
    select
        listed.referral_key,
        min(assessments.start_date) as first_assessment_date
    from listed
    inner join {{ ref('fct_assessments') }} as assessments
        on
            listed.child_key = assessments.child_key
            and listed.referral_date <= assessments.start_date
            and {{ end_or_never('listed.next_referral_date') }} > assessments.start_date
            and {{ end_or_never('listed.close_date') }} >= assessments.start_date
    group by listed.referral_key
)

select
    referrals.referral_key,
    referrals.child_key,
    referrals.referral_date,
    referrals.referral_source_group,
    referrals.is_nfa,
    coalesce(referrals.first_assessment_date, assessed.first_assessment_date) as first_assessment_date,
    coalesce(referrals.close_date, listed.close_date) as close_date,
    coalesce(referrals.close_reason, listed.close_reason) as close_reason,
    case
        when listed.referral_key is null then referrals.is_not_in_need
        when listed.close_date is null then null
        when referrals.is_nfa or listed.close_reason not in ('RC8', 'RC9') then false
        -- the reason says that there was an assessment, but none is held
        when assessed.first_assessment_date is null then null
        when listed.close_reason in ('RC8', 'RC9') then true
    end as is_not_in_need,
    referrals.is_within_open_episode,
    referrals.team_code,
    referrals.service_code,
    referrals.source_route,
    referrals.load_id,
    referrals.row_number
from referrals
left join listed on referrals.referral_key = listed.referral_key
left join assessed on referrals.referral_key = assessed.referral_key
