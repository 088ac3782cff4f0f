-- One row per academic year and child who was open to social care on 31 March of it and is matched to a school: with sessions, on a
-- roll, or suspended or excluded in that year. Looked after counts for twelve months up to that day, as in DfE's outcomes. Years
-- whose 31 March lies ahead have no row.
with

years as (
    select
        days.academic_year,
        min(days.date_day) as year_start,
        max(days.date_day) as year_end,
        -- the day on which the children in need census and the looked after return stand
        max(case when extract(month from days.date_day) = 3 then days.date_day end) as census_date
    from {{ ref('dim_date') }} as days
    group by days.academic_year
),

-- the calendar of dates begins on 1 January and ends on 31 December: its first and last academic years are not whole
whole_years as (
    select
        years.academic_year,
        years.year_start,
        years.year_end,
        years.census_date
    from years
    cross join {{ ref('stg_control__run') }} as run
    where extract(month from years.year_start) = 9 and extract(month from years.year_end) = 8 and years.census_date <= run.as_at
),

open_at as (
    select
        years.academic_year,
        episodes.child_key,
        1 as advancement,
        0 as is_long_looked_after
    from {{ ref('fct_cin_episodes') }} as episodes
    inner join whole_years as years
        on
            episodes.referral_date <= years.census_date
            and {{ end_or_never('episodes.close_date') }} > years.census_date
    union all
    select
        years.academic_year,
        plans.child_key,
        2 as advancement,
        0 as is_long_looked_after
    from {{ ref('fct_cp_plans') }} as plans
    inner join whole_years as years
        on
            plans.start_date <= years.census_date
            and {{ end_or_never('plans.end_date') }} > years.census_date
    where not coalesce(plans.is_other_authority_plan, false)
    union all
    select
        years.academic_year,
        periods.child_key,
        3 as advancement,
        case when periods.start_date <= {{ add_months('years.census_date', -12) }} then 1 else 0 end as is_long_looked_after
    from {{ ref('fct_cla_periods') }} as periods
    inner join whole_years as years
        on
            periods.start_date <= years.census_date
            and {{ end_or_never('periods.end_date') }} > years.census_date
    where not periods.is_short_breaks
),

statuses as (
    select
        academic_year,
        child_key,
        max(advancement) as advancement,
        max(is_long_looked_after) as is_long_looked_after
    from open_at
    group by academic_year, child_key
),

attendance as (
    select
        child_key,
        academic_year,
        sum(sessions_possible) as sessions_possible,
        sum(sessions_missed) as sessions_missed
    from {{ ref('fct_attendance_months') }}
    group by child_key, academic_year
),

exclusions as (
    select
        child_key,
        academic_year,
        count(*) filter (where not is_permanent) as suspensions,
        count(*) filter (where is_permanent) as permanent_exclusions
    from {{ ref('fct_suspensions') }}
    where not is_cancelled
    group by child_key, academic_year
),

rolls as (
    select
        enrolments.child_key,
        years.academic_year
    from {{ ref('fct_school_enrolments') }} as enrolments
    inner join whole_years as years
        on
            enrolments.enrolled_date <= years.year_end
            and {{ end_or_never('enrolments.left_roll_date') }} > years.year_start
    group by enrolments.child_key, years.academic_year
)

select
    {{ row_key(['statuses.child_key', 'statuses.academic_year']) }} as pupil_year_key,
    statuses.child_key,
    statuses.academic_year,
    years.year_start,
    years.year_end,
    years.census_date,
    case statuses.advancement when 3 then 'looked_after' when 2 then 'child_protection' else 'child_in_need' end as social_care_status,
    statuses.is_long_looked_after = 1 as is_looked_after_12_months,
    {{ age_in_years('children.date_of_birth', add_days('years.year_start', -1)) }} as age_at_start,
    cast(attendance.sessions_possible as bigint) as sessions_possible,
    cast(attendance.sessions_missed as bigint) as sessions_missed,
    case
        when attendance.sessions_possible > 0
            then {{ is_persistent_absence('attendance.sessions_missed', 'attendance.sessions_possible') }}
    end as is_persistent_absentee,
    coalesce(exclusions.suspensions, 0) as suspensions,
    coalesce(exclusions.permanent_exclusions, 0) as permanent_exclusions,
    {{ allocation_columns() }}
from statuses
inner join whole_years as years on statuses.academic_year = years.academic_year
inner join {{ ref('dim_child') }} as children on statuses.child_key = children.child_key
left join attendance on statuses.child_key = attendance.child_key and statuses.academic_year = attendance.academic_year
left join exclusions on statuses.child_key = exclusions.child_key and statuses.academic_year = exclusions.academic_year
left join rolls on statuses.child_key = rolls.child_key and statuses.academic_year = rolls.academic_year
{{ allocation_joins('statuses', 'years.census_date') }}
where attendance.child_key is not null or exclusions.child_key is not null or rolls.child_key is not null
