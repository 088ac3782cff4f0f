-- One row per child open to Get Safe at a month end, at the highest level of its current risk assessments.
with

cases as (
    select
        month_ends.month,
        month_ends.reference_date,
        cases.child_key,
        cases.get_safe_case_key,
        cases.opened_date,
        row_number() over (
            partition by cases.child_key, month_ends.month order by cases.opened_date desc, cases.get_safe_case_key desc
        ) as place
    from {{ ref('fct_get_safe_cases') }} as cases
    inner join {{ ref('int_calendar__month_ends') }} as month_ends
        on
            cases.opened_date <= month_ends.reference_date
            and {{ end_or_never('cases.closed_date') }} > month_ends.reference_date
),

ranked as (
    select
        child_key,
        month,
        risk_level,
        level_order,
        is_open_risk,
        exploitation_group,
        row_number() over (
            partition by child_key, month order by coalesce(level_order, -1) desc, assessed_date desc, risk_assessment_key desc
        ) as place,
        min(next_review_due_date) over (partition by child_key, month) as next_review_due_date,
        max(case is_review_overdue when true then 1 when false then 0 end) over (partition by child_key, month) as reviews_overdue
    from {{ ref('fct_risk_assessments_month_end') }}
)

select
    cases.month,
    cases.reference_date,
    cases.child_key,
    cases.get_safe_case_key,
    cases.opened_date,
    {{ days_between('cases.opened_date', 'cases.reference_date') }} as days_open,
    ranked.risk_level,
    ranked.level_order,
    ranked.is_open_risk,
    ranked.exploitation_group as main_exploitation_group,
    ranked.next_review_due_date,
    case ranked.reviews_overdue when 1 then true when 0 then false end as is_review_overdue,
    {{ age_in_years('children.date_of_birth', 'cases.reference_date') }} as age,
    {{ allocation_columns() }}
from cases
inner join {{ ref('dim_child') }} as children on cases.child_key = children.child_key
left join ranked on cases.child_key = ranked.child_key and cases.month = ranked.month and ranked.place = 1
{{ allocation_joins('cases', 'cases.reference_date') }}
where cases.place = 1
