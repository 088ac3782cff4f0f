-- Referrals to the designated officer about people who work with children. The extract holds neither the person nor the employer,
-- and nothing here leads to them: the key is the referral's pseudonym. Outcomes are for counts alone, so that the rows
-- stay in the restricted zone. Working days: day 0 is the day of the referral (of the report: the day the concern was known).
with

referrals as (
    select
        referrals.lado_referral_id,
        keys.lado_referral_key,
        coalesce(referrals.lado_referral_kind, 'unknown') as referral_kind,
        referrals.concern_known_date,
        referrals.lado_referred_date as referred_date,
        referrals.referring_agency,
        referrals.employer_sector,
        referrals.harm_category,
        {{ unless_after_as_at('referrals.lado_decision_date', 'referrals.threshold_met') }} as threshold_met,
        referrals.lado_decision_due_date as decision_due_date,
        {{ by_as_at('referrals.lado_decision_date') }} as decision_date,
        {{ unless_after_as_at('referrals.lado_decision_date', 'referrals.police_investigation') }} as police_investigation,
        {{ by_as_at('referrals.lado_closed_date', 'referrals.lado_outcome') }} as outcome,
        {{ by_as_at('referrals.lado_closed_date') }} as closed_date,
        {{ reference_day('referrals') }} as known_to,
        referrals.load_id,
        referrals.row_number
    from {{ ref('stg_lado__lado_referrals') }} as referrals
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('stg_control__lado_referral_keys') }} as keys on referrals.lado_referral_id = keys.lado_referral_id
    where referrals.lado_referred_date <= run.as_at
),

meetings as (
    select
        meetings.lado_referral_id,
        count(*) as meetings_held,
        -- where none is called the initial one, the first one held is
        coalesce(
            min(case when meetings.lado_meeting_kind = 'initial' then meetings.lado_meeting_date end),
            min(meetings.lado_meeting_date)
        ) as first_meeting_date,
        min(case when meetings.lado_meeting_kind = 'initial' then meetings.lado_meeting_due_date end) as first_meeting_due_date
    from {{ ref('stg_lado__lado_meetings') }} as meetings
    cross join {{ ref('stg_control__run') }} as run
    where meetings.lado_meeting_date <= run.as_at
    group by meetings.lado_referral_id
)

select
    referrals.lado_referral_key,
    referrals.referral_kind,
    referrals.concern_known_date,
    referrals.referred_date,
    referred.working_day_index - known.working_day_index as working_days_to_report,
    referrals.referring_agency,
    {{ contact_source_group('referrals.referring_agency') }} as referring_agency_group,
    referrals.employer_sector,
    referrals.harm_category,
    {{ answered_yes('referrals.threshold_met') }} as is_threshold_met,
    referrals.decision_due_date,
    referrals.decision_date,
    decided.working_day_index - referred.working_day_index as working_days_to_decision,
    {{ done_in_time('referrals.decision_date', 'referrals.decision_due_date', 'referrals.known_to') }} as is_decision_in_time,
    {{ answered_yes('referrals.police_investigation') }} as is_police_investigation,
    coalesce(meetings.meetings_held, 0) as meetings_held,
    meetings.first_meeting_date,
    met.working_day_index - referred.working_day_index as working_days_to_first_meeting,
    meetings.first_meeting_date <= meetings.first_meeting_due_date as is_first_meeting_in_time,
    referrals.outcome,
    referrals.closed_date,
    closed.working_day_index - referred.working_day_index as working_days_to_close,
    referrals.closed_date is null as is_open,
    referrals.load_id,
    referrals.row_number
from referrals
left join meetings on referrals.lado_referral_id = meetings.lado_referral_id
left join {{ ref('dim_date') }} as known on referrals.concern_known_date = known.date_day
left join {{ ref('dim_date') }} as referred on referrals.referred_date = referred.date_day
left join {{ ref('dim_date') }} as decided on referrals.decision_date = decided.date_day
left join {{ ref('dim_date') }} as met on meetings.first_meeting_date = met.date_day
left join {{ ref('dim_date') }} as closed on referrals.closed_date = closed.date_day
