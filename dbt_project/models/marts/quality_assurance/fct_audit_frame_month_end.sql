-- The children an audit can be drawn from: those on the lists of Annex A (2, 4, 6, 7, 8, 9 and 10) at the reference date of each month
-- end, one row per child. The status is the most advanced: looked after, child protection plan, child in need plan, open
-- assessment, care leaver, early help. A child with a decision that adoption is best is looked after, or stands as such. Of a child
-- on several lists the team is that of the first list, in this order, that has one. An open episode of need for which list 6 has
-- no status is that of a care leaver, whom list 9 shows.
with

listed as (
    select
        child_key,
        month,
        reference_date,
        team_code,
        service_code,
        1 as place
    from {{ ref('fct_cla_month_end') }}
    union all
    select
        plans.child_key,
        month_ends.month,
        month_ends.reference_date,
        plans.team_code,
        plans.service_code,
        2 as place
    from {{ ref('fct_adoption_plans') }} as plans
    inner join {{ ref('int_calendar__month_ends') }} as month_ends
        on
            plans.decision_date <= month_ends.reference_date
            and {{ end_or_never('plans.end_date') }} > month_ends.reference_date
    union all
    select
        child_key,
        month,
        reference_date,
        team_code,
        service_code,
        3 as place
    from {{ ref('fct_cp_plans_month_end') }}
    union all
    select
        child_key,
        month,
        reference_date,
        team_code,
        service_code,
        case case_status
            when 'looked_after' then 1
            when 'child_protection' then 3
            when 'child_in_need_plan' then 4
            else 5
        end as place
    from {{ ref('fct_cin_plans_month_end') }}
    where case_status is not null or not coalesce(is_care_leaver, false)
    union all
    select
        child_key,
        month,
        reference_date,
        team_code,
        service_code,
        5 as place
    from {{ ref('fct_open_assessments_month_end') }}
    union all
    select
        child_key,
        month,
        reference_date,
        team_code,
        service_code,
        6 as place
    from {{ ref('fct_care_leavers_month_end') }}
    union all
    select
        cases.child_key,
        month_ends.month,
        month_ends.reference_date,
        cases.team_code,
        cases.service_code,
        7 as place
    from {{ ref('fct_early_help_cases') }} as cases
    inner join {{ ref('int_calendar__month_ends') }} as month_ends
        on
            cases.start_date <= month_ends.reference_date
            and {{ end_or_never('cases.end_date') }} > month_ends.reference_date
    union all
    select
        assessments.child_key,
        month_ends.month,
        month_ends.reference_date,
        assessments.team_code,
        assessments.service_code,
        8 as place
    from {{ ref('fct_early_help_assessments') }} as assessments
    inner join {{ ref('int_calendar__month_ends') }} as month_ends
        on
            assessments.start_date <= month_ends.reference_date
            and {{ end_or_never('assessments.completion_date') }} > month_ends.reference_date
),

ranked as (
    select
        child_key,
        month,
        reference_date,
        team_code,
        service_code,
        min(place) over (partition by child_key, month) as status_place,
        row_number() over (
            partition by child_key, month
            order by case when team_code = 'unmapped' then 1 else 0 end, place, team_code
        ) as preference
    from listed
)

select
    month,
    reference_date,
    child_key,
    case
        when status_place <= 2 then 'looked_after'
        when status_place = 3 then 'child_protection'
        when status_place = 4 then 'child_in_need_plan'
        when status_place = 5 then 'open_assessment'
        when status_place = 6 then 'care_leaver'
        else 'early_help'
    end as case_status,
    team_code,
    service_code
from ranked
where preference = 1
