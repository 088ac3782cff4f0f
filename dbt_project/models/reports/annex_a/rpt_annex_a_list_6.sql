-- List 6: children in need, one row per child: the latest episode of need that is open or was closed in six months. Adult care leavers
-- whose episode is still open are in list 9. Case status is the first that holds; the template knows no other help, so whatever
-- follows an assessment without a plan counts as the assessment. A child closed on the day is closed; the team is that of the day before.
-- Where no days on which the child was seen are held (Annex A) the last position of the episode speaks.
with

episodes as (
    select
        days.period,
        days.reference_date,
        episodes.child_key,
        episodes.referral_date,
        episodes.primary_need,
        case when episodes.close_date <= days.reference_date then episodes.close_date end as close_date,
        episodes.close_reason,
        episodes.team_code,
        row_number() over (
            partition by days.period, episodes.child_key order by episodes.referral_date desc, episodes.cin_key asc
        ) as place
    from {{ ref('fct_cin_episodes') }} as episodes
    inner join {{ ref('int_annex_a__days') }} as days
        on
            episodes.referral_date <= days.reference_date
            and (episodes.close_date is null or episodes.close_date >= days.window_start)
),

positions as (
    select
        episodes.period,
        episodes.child_key,
        positions.case_status,
        positions.last_seen_date,
        row_number() over (partition by episodes.period, episodes.child_key order by positions.month desc) as place
    from episodes
    inner join {{ ref('fct_cin_plans_month_end') }} as positions
        on
            episodes.child_key = positions.child_key
            and episodes.referral_date = positions.start_date
            and episodes.period >= positions.month
    where episodes.place = 1
),

listed as (
    select
        episodes.period,
        episodes.reference_date,
        episodes.child_key,
        episodes.referral_date,
        episodes.primary_need,
        episodes.close_date,
        case when episodes.close_date is not null then episodes.close_reason end as close_reason,
        {{ last_case_day('episodes.referral_date', 'episodes.close_date', 'episodes.reference_date') }} as case_day,
        case
            when seen.last_seen_date >= episodes.referral_date then seen.last_seen_date
            else positions.last_seen_date
        end as last_seen_date,
        case
            when episodes.close_date is not null then 'closed'
            else coalesce(positions.case_status, 'open_assessment')
        end as case_status,
        episodes.team_code
    from episodes
    left join positions
        on episodes.period = positions.period and episodes.child_key = positions.child_key and positions.place = 1
    left join {{ ref('int_children_in_need__seen_days') }} as seen
        on
            episodes.child_key = seen.child_key
            and coalesce(episodes.close_date, episodes.reference_date) between seen.valid_from and seen.valid_to
    left join {{ ref('fct_care_leavers_month_end') }} as care_leavers
        on
            episodes.period = care_leavers.month
            and episodes.child_key = care_leavers.child_key
            and care_leavers.age >= 18
            and episodes.close_date is null
    where episodes.place = 1 and care_leavers.child_key is null
)

select
    listed.period,
    listed.child_key,
    {{ listed_child() }},
    children.disability,
    listed.referral_date as cin_start_date,
    listed.primary_need,
    listed.last_seen_date,
    listed.close_date as cin_closure_date,
    listed.close_reason as closure_reason,
    listed.case_status,
    {{ listed_case_columns() }}
from listed
inner join {{ ref('dim_child') }} as children on listed.child_key = children.child_key
{{ listed_case_joins(by_allocation=true) }}
