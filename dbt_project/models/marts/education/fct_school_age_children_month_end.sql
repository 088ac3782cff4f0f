-- One row per child of compulsory school age open to social care at a month end: looked after, on a child protection plan (another
-- authority's temporary plan is none), or with an open episode of need. The status is the most advanced of them.
with

open_at as (
    select
        month_ends.month,
        episodes.child_key,
        1 as advancement
    from {{ ref('fct_cin_episodes') }} as episodes
    inner join {{ ref('int_calendar__month_ends') }} as month_ends
        on
            episodes.referral_date <= month_ends.reference_date
            and {{ end_or_never('episodes.close_date') }} > month_ends.reference_date
    union all
    select
        month,
        child_key,
        2 as advancement
    from {{ ref('fct_cp_plans_month_end') }}
    where not coalesce(is_other_authority_plan, false)
    union all
    select
        month,
        child_key,
        3 as advancement
    from {{ ref('fct_cla_month_end') }}
),

statuses as (
    select
        month,
        child_key,
        max(advancement) as advancement
    from open_at
    group by month, child_key
),

children as (
    select
        month_ends.month,
        month_ends.reference_date,
        statuses.child_key,
        case statuses.advancement when 3 then 'looked_after' when 2 then 'child_protection' else 'child_in_need' end as social_care_status,
        {{ age_in_years('children.date_of_birth', 'month_ends.reference_date') }} as age
    from statuses
    inner join {{ ref('int_calendar__month_ends') }} as month_ends on statuses.month = month_ends.month
    inner join {{ ref('dim_child') }} as children on statuses.child_key = children.child_key
    where {{ is_compulsory_school_age('children.date_of_birth', 'month_ends.reference_date') }}
)

select
    {{ row_key(['children.child_key', 'children.month']) }} as school_age_month_key,
    children.month,
    children.reference_date,
    children.child_key,
    children.age,
    children.social_care_status,
    coalesce(education.is_missing_education, false) as is_missing_education,
    coalesce(education.is_home_educated, false) as is_home_educated,
    coalesce(education.has_ehcp, false) as has_ehcp,
    coalesce(education.is_on_reduced_timetable, false) as is_on_reduced_timetable,
    coalesce(education.is_permanently_excluded, false) as is_permanently_excluded,
    education.hours_per_week,
    {{ is_full_time_education('education.hours_per_week') }} as is_full_time_education,
    {{ allocation_columns() }}
from children
left join {{ ref('fct_education_status_month_end') }} as education
    on children.child_key = education.child_key and children.month = education.month
{{ allocation_joins('children', 'children.reference_date') }}
