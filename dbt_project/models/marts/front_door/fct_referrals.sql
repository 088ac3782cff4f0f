-- Re-referral: an earlier referral of the child in the 12 months before THIS referral (never before the run date):
-- from the same calendar day of the year before (28 February for 29 February), that day included, to the day before. Another
-- referral of the same day is none: which of the two came first is not known. A child's two numbers are one child.
-- An earlier referral that is held is proof, whatever the count field says: some case systems count from the day of the run.
-- Where none is held the field speaks, of the referral that was the child's latest; then the referrals held, if they reach
-- back 12 months; otherwise it is not known.
--
-- Closures: no referral is recorded while an episode is open. One that is (recorded earlier or on the same day with a lower
-- number, and the earlier one not closed by this day) stands inside the other's episode; a case closed on a day is not
-- open on it. A referral closed without further action has been closed too, on its own day when no other is recorded. What is
-- recorded within an open episode is no referral, so it is not the earlier one of a re-referral either.
with

first_assessments as (
    select
        referral_id,
        min(start_date) as first_assessment_date
    from {{ ref('int_assessment__assessments') }}
    where referral_id is not null
    group by referral_id
),

closed as (
    select
        referral_key,
        child_key,
        referral_id,
        referral_date,
        source_route,
        case when is_nfa then coalesce(close_date, referral_date) else close_date end as close_date
    from {{ ref('int_front_door__referrals') }}
),

followed as (
    select
        referral_key,
        child_key,
        referral_date,
        max(close_date) over (
            partition by child_key
            order by referral_date, referral_id
            rows between unbounded preceding and 1 preceding
        ) as last_close_date,
        case
            when source_route = 'ssd'
                then coalesce(
                    max(coalesce(close_date, cast('9999-12-31' as date))) over (
                        partition by child_key
                        order by referral_date, referral_id
                        rows between unbounded preceding and 1 preceding
                    ) > referral_date,
                    false
                )
        end as is_within_open_episode
    from closed
),

counted_days as (
    select
        child_key,
        referral_date,
        max(case when not coalesce(is_within_open_episode, false) then referral_date end) as counted_date
    from followed
    group by child_key, referral_date
),

referral_days as (
    select
        child_key,
        referral_date,
        {{ add_months('referral_date', -12) }} as window_start,
        max(counted_date) over (
            partition by child_key order by referral_date rows between unbounded preceding and 1 preceding
        ) as previous_referral_date
    from counted_days
),

judged as (
    select
        referrals.referral_key,
        referrals.child_key,
        referrals.worker_id,
        referrals.referral_date,
        referrals.referral_source,
        referrals.primary_need,
        referrals.is_nfa,
        referrals.led_to_strategy_discussion,
        referrals.led_to_assessment,
        first_assessments.first_assessment_date,
        referrals.close_date,
        referrals.close_reason,
        referrals.referrals_last_12_months,
        referral_days.previous_referral_date,
        coalesce(referral_days.previous_referral_date >= referral_days.window_start, false) as has_previous_in_window,
        case
            when referral_days.previous_referral_date >= referral_days.window_start then 'window'
            when referrals.referrals_last_12_months is not null then 'count_field'
            when coverage.covered_from is not null then 'window'
            else 'unknown'
        end as rereferral_basis,
        followed.is_within_open_episode,
        case when not followed.is_within_open_episode then followed.last_close_date end as previous_close_date,
        referrals.team_name,
        referrals.snapshot_date,
        referrals.source_route,
        referrals.load_id,
        referrals.row_number
    from {{ ref('int_front_door__referrals') }} as referrals
    inner join referral_days
        on referrals.child_key = referral_days.child_key and referrals.referral_date = referral_days.referral_date
    inner join followed on referrals.referral_key = followed.referral_key
    left join first_assessments
        on
            referrals.referral_id = first_assessments.referral_id
            and coalesce(referrals.close_date, cast('9999-12-31' as date)) >= first_assessments.first_assessment_date
    left join {{ ref('int_control__coverage') }} as coverage
        on
            referrals.source_route = coverage.source
            and case referrals.source_route when 'ssd' then 'cin_episodes' else 'list_3' end = coverage.table_name
            and referral_days.window_start >= coverage.covered_from
            and referrals.referral_date <= coverage.covered_to
)

select
    judged.referral_key,
    judged.child_key,
    workers.worker_key,
    judged.referral_date,
    judged.referral_source,
    {{ contact_source_group('judged.referral_source') }} as referral_source_group,
    {{ agency_key('referrer', 'judged.referral_source') }} as agency_key,
    judged.primary_need,
    judged.is_nfa,
    judged.led_to_strategy_discussion,
    judged.led_to_assessment,
    judged.first_assessment_date,
    judged.close_date,
    judged.close_reason,
    case
        when judged.close_date is null then null
        when judged.is_nfa or judged.close_reason not in ('RC8', 'RC9') then false
        -- the reason says that there was an assessment, but none is held
        when judged.first_assessment_date is null then null
        when judged.close_reason in ('RC8', 'RC9') then true
    end as is_not_in_need,
    judged.referrals_last_12_months,
    judged.previous_referral_date,
    case judged.rereferral_basis
        when 'window' then judged.has_previous_in_window
        when 'count_field' then judged.referrals_last_12_months > 0
    end as is_rereferral,
    judged.rereferral_basis,
    judged.is_within_open_episode,
    judged.previous_close_date,
    {{ days_between('judged.previous_close_date', 'judged.referral_date') }} as days_since_previous_closure,
    {{ team_columns() }},
    judged.source_route,
    judged.load_id,
    judged.row_number
from judged
left join {{ ref('stg_control__worker_keys') }} as workers on judged.worker_id = workers.worker_id
{{ team_joins('judged', 'judged.referral_date') }}
