-- List 8: children looked after, one row per child: the latest period of care that is open or ended in six months, as it stood on
-- the day, or when it ended. The 12 months before are those before that last day. Absences are those from the placement, so of
-- this period of care. Where the case system's rows are not held (Annex A) the last position of the period speaks.
with

periods as (
    select
        days.period,
        days.reference_date,
        periods.cla_key,
        periods.child_key,
        periods.start_date,
        case when periods.end_date <= days.reference_date then periods.end_date end as end_date,
        periods.end_reason,
        periods.category_of_need,
        periods.legal_status,
        periods.second_period,
        periods.team_code,
        row_number() over (partition by days.period, periods.child_key order by periods.start_date desc, periods.cla_key asc) as place
    from {{ ref('fct_cla_periods') }} as periods
    inner join {{ ref('int_annex_a__days') }} as days
        on
            periods.start_date <= days.reference_date
            and (periods.end_date is null or periods.end_date >= days.window_start)
    where not periods.is_short_breaks
),

cases as (
    select
        period,
        reference_date,
        cla_key,
        child_key,
        start_date,
        end_date,
        case when end_date is not null then end_reason end as end_reason,
        category_of_need,
        legal_status,
        second_period,
        team_code,
        coalesce(end_date, reference_date) as last_day,
        {{ last_case_day('start_date', 'end_date', 'reference_date') }} as case_day,
        {{ add_months('coalesce(end_date, reference_date)', -12) }} as year_ago
    from periods
    where place = 1
),

positions as (
    select
        cases.period,
        cases.cla_key,
        positions.legal_status,
        positions.legal_status_start_date,
        positions.permanence_plan,
        positions.latest_review_date,
        positions.last_social_work_visit_date,
        positions.last_iro_contact_date,
        positions.last_health_assessment_date,
        positions.last_dental_check_date,
        positions.placements_last_12_months,
        positions.placement_start_date,
        positions.placement_type,
        positions.placement_provider,
        positions.placement_location,
        positions.missing_episodes_last_12_months,
        positions.absent_episodes_last_12_months,
        positions.return_interview_offered,
        positions.return_interview_accepted,
        positions.source_route,
        row_number() over (partition by cases.period, cases.cla_key order by positions.month desc) as place
    from cases
    inner join {{ ref('fct_cla_month_end') }} as positions
        on cases.cla_key = positions.cla_key and cases.period >= positions.month
),

statuses as (
    select
        cases.period,
        cases.cla_key,
        statuses.legal_status,
        statuses.start_date,
        row_number() over (
            partition by cases.period, cases.cla_key order by statuses.start_date desc, statuses.legal_status_key asc
        ) as place
    from cases
    inner join {{ ref('fct_legal_statuses') }} as statuses
        on
            cases.child_key = statuses.child_key
            and statuses.start_date between cases.start_date and cases.case_day
            -- these run beside the status under which the child is looked after
            and statuses.legal_status_group not in (
                'deprivation_of_liberty', 'secure_accommodation', 'not_looked_after', 'short_breaks'
            )
),

placements as (
    select
        cases.period,
        cases.cla_key,
        placements.placement_key,
        coalesce(placements.home_start_date, placements.start_date) as start_date,
        placements.placement_type,
        placements.placement_provider,
        homes.placement_urn,
        row_number() over (
            partition by cases.period, cases.cla_key order by placements.start_date desc, placements.placement_number desc
        ) as place
    from cases
    inner join {{ ref('fct_placements') }} as placements
        on cases.cla_key = placements.cla_key and cases.case_day >= placements.start_date
    left join {{ ref('dim_placement') }} as homes on placements.placement_home_key = homes.placement_home_key
),

-- homes lived in, the one in which the 12 months began included: a change of status there, and days elsewhere for a while, leave
-- it the same home
homes_lived_in as (
    select
        cases.period,
        cases.cla_key,
        count(distinct placements.home_start_date) as placements_last_12_months
    from cases
    inner join {{ ref('fct_placements') }} as placements
        on
            cases.cla_key = placements.cla_key
            and cases.case_day >= placements.start_date
            and cases.year_ago < {{ end_or_never('placements.end_date') }}
    group by cases.period, cases.cla_key
),

-- where a child lives stands in no mart
addresses as (
    select
        {{ row_key(['children.child_key', 'placements.cla_placement_id']) }} as placement_key,
        max(placements.placement_postcode) as placement_postcode
    from {{ ref('stg_ssd__cla_placement') }} as placements
    inner join {{ ref('int_children__identities') }} as children on placements.child_id = children.child_id
    group by {{ row_key(['children.child_key', 'placements.cla_placement_id']) }}
),

visits as (
    select
        cases.period,
        cases.cla_key,
        max(visits.visit_date) as last_visit_date
    from cases
    inner join {{ ref('fct_cla_visits') }} as visits
        on cases.cla_key = visits.cla_key and cases.reference_date >= visits.visit_date
    group by cases.period, cases.cla_key
),

reviews as (
    select
        cases.period,
        cases.cla_key,
        max(reviews.review_date) as latest_review_date
    from cases
    inner join {{ ref('fct_cla_reviews') }} as reviews
        on cases.cla_key = reviews.cla_key and cases.reference_date >= reviews.review_date
    group by cases.period, cases.cla_key
),

contacts as (
    select
        cases.period,
        cases.cla_key,
        max(episodes.last_iro_contact_date) as last_iro_contact_date
    from cases
    inner join {{ ref('fct_cla_episodes') }} as episodes
        on cases.cla_key = episodes.cla_key and cases.reference_date >= episodes.last_iro_contact_date
    group by cases.period, cases.cla_key
),

checks as (
    select
        cases.period,
        cases.cla_key,
        max(checks.held_date) filter (where checks.check_group = 'health_assessment') as last_health_assessment_date,
        max(checks.held_date) filter (where checks.check_group = 'dental_check') as last_dental_check_date
    from cases
    inner join {{ ref('fct_cla_health_checks') }} as checks
        on cases.child_key = checks.child_key and checks.held_date between cases.start_date and cases.last_day
    group by cases.period, cases.cla_key
),

absences as (
    select
        cases.period,
        cases.cla_key,
        coalesce(absences.missing_type = 'absent', false) as is_absent,
        absences.is_interview_offered,
        absences.is_interview_accepted,
        row_number() over (
            partition by cases.period, cases.cla_key, coalesce(absences.missing_type = 'absent', false)
            order by absences.start_at desc, absences.missing_episode_key asc
        ) as place,
        count(*) over (
            partition by cases.period, cases.cla_key, coalesce(absences.missing_type = 'absent', false)
        ) as episodes
    from cases
    inner join {{ ref('fct_missing_episodes') }} as absences
        on
            cases.child_key = absences.child_key
            and absences.is_looked_after
            and absences.start_date between cases.start_date and cases.last_day
            and cases.year_ago < absences.start_date
),

listed as (
    select
        cases.period,
        cases.reference_date,
        cases.child_key,
        cases.case_day,
        cases.team_code,
        cases.start_date,
        cases.category_of_need,
        cases.second_period,
        coalesce(statuses.start_date, positions.legal_status_start_date) as legal_status_start_date,
        coalesce(statuses.legal_status, positions.legal_status, cases.legal_status) as legal_status,
        coalesce(reviews.latest_review_date, positions.latest_review_date) as latest_review_date,
        coalesce(visits.last_visit_date, positions.last_social_work_visit_date) as last_social_work_visit_date,
        positions.permanence_plan,
        coalesce(contacts.last_iro_contact_date, positions.last_iro_contact_date) as last_iro_contact_date,
        coalesce(checks.last_health_assessment_date, positions.last_health_assessment_date) as last_health_assessment_date,
        coalesce(checks.last_dental_check_date, positions.last_dental_check_date) as last_dental_check_date,
        -- a child looked after lives somewhere, so at least one
        greatest(coalesce(homes_lived_in.placements_last_12_months, positions.placements_last_12_months), 1) as placements_last_12_months,
        cases.end_date,
        cases.end_reason,
        coalesce(placements.start_date, positions.placement_start_date) as placement_start_date,
        coalesce(placements.placement_type, positions.placement_type) as placement_type,
        coalesce(placements.placement_provider, positions.placement_provider) as placement_provider,
        addresses.placement_postcode,
        placements.placement_urn,
        positions.placement_location,
        -- without the absences of the case system none is no zero
        coalesce(missing.episodes, positions.missing_episodes_last_12_months) as missing_episodes,
        coalesce(absent.episodes, positions.absent_episodes_last_12_months) as absent_episodes,
        case
            when missing.cla_key is null then case when positions.source_route = 'annex_a' then positions.return_interview_offered end
            when missing.is_interview_offered then 'yes'
            when not missing.is_interview_offered then 'no'
            else 'unknown'
        end as return_interview_offered,
        case
            when missing.cla_key is null then case when positions.source_route = 'annex_a' then positions.return_interview_accepted end
            when missing.is_interview_offered then {{ listed_answer('missing.is_interview_accepted') }}
        end as return_interview_accepted
    from cases
    left join positions on cases.period = positions.period and cases.cla_key = positions.cla_key and positions.place = 1
    left join statuses on cases.period = statuses.period and cases.cla_key = statuses.cla_key and statuses.place = 1
    left join placements on cases.period = placements.period and cases.cla_key = placements.cla_key and placements.place = 1
    left join homes_lived_in on cases.period = homes_lived_in.period and cases.cla_key = homes_lived_in.cla_key
    left join addresses on placements.placement_key = addresses.placement_key
    left join visits on cases.period = visits.period and cases.cla_key = visits.cla_key
    left join reviews on cases.period = reviews.period and cases.cla_key = reviews.cla_key
    left join contacts on cases.period = contacts.period and cases.cla_key = contacts.cla_key
    left join checks on cases.period = checks.period and cases.cla_key = checks.cla_key
    left join absences as missing
        on cases.period = missing.period and cases.cla_key = missing.cla_key and missing.place = 1 and not missing.is_absent
    left join absences as absent
        on cases.period = absent.period and cases.cla_key = absent.cla_key and absent.place = 1 and absent.is_absent
)

select
    listed.period,
    listed.child_key,
    {{ listed_child() }},
    children.unaccompanied as uasc,
    children.disability,
    listed.start_date as cla_start_date,
    listed.category_of_need,
    listed.second_period,
    listed.legal_status_start_date,
    listed.legal_status,
    listed.latest_review_date,
    listed.last_social_work_visit_date,
    listed.permanence_plan,
    listed.last_iro_contact_date,
    listed.last_health_assessment_date,
    listed.last_dental_check_date,
    cast(listed.placements_last_12_months as integer) as placements_last_12_months,
    listed.end_date as cla_end_date,
    listed.end_reason as cla_end_reason,
    listed.placement_start_date,
    listed.placement_type,
    listed.placement_provider,
    listed.placement_postcode,
    listed.placement_urn,
    listed.placement_location,
    -- neither route says it
    cast(null as varchar) as placement_la,
    cast(listed.missing_episodes as integer) as missing_episodes_last_12_months,
    cast(listed.absent_episodes as integer) as absent_episodes_last_12_months,
    listed.return_interview_offered,
    listed.return_interview_accepted,
    {{ listed_case_columns() }}
from listed
inner join {{ ref('dim_child') }} as children on listed.child_key = children.child_key
{{ listed_case_joins(by_allocation=true) }}
