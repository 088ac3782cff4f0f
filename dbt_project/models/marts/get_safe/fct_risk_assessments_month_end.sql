-- The current risk assessment of each type of exploitation of the cases open at a month end: the last one by then. A review held since
-- that led to no new assessment starts the interval of its level anew.
with

assessments_known as (
    {{ known_to('get_safe', 'risk_assessments') }}
),

reviews_known as (
    {{ known_to('get_safe', 'risk_reviews') }}
),

-- both may tell that the level was looked at again
known as (
    select {{ last_known_day('assessments_known.known_to', 'reviews_known.known_to') }} as known_to
    from assessments_known
    cross join reviews_known
),

assessed as (
    select
        month_ends.month,
        month_ends.reference_date,
        cases.get_safe_case_key,
        cases.child_key,
        assessments.risk_assessment_key,
        assessments.exploitation_type,
        assessments.exploitation_group,
        assessments.assessed_date,
        assessments.risk_level,
        assessments.level_order,
        assessments.is_open_risk,
        assessments.review_interval_days,
        assessments.review_due_date,
        row_number() over (
            partition by cases.child_key, month_ends.month, assessments.exploitation_type
            order by assessments.assessed_date desc, assessments.risk_assessment_key desc
        ) as place
    from {{ ref('fct_get_safe_cases') }} as cases
    inner join {{ ref('int_calendar__month_ends') }} as month_ends
        on
            cases.opened_date <= month_ends.reference_date
            and {{ end_or_never('cases.closed_date') }} > month_ends.reference_date
    inner join {{ ref('fct_risk_assessments') }} as assessments
        on
            cases.get_safe_case_key = assessments.get_safe_case_key
            and month_ends.reference_date >= assessments.assessed_date
),

reviewed as (
    select
        assessed.risk_assessment_key,
        assessed.month,
        max(reviews.held_date) as last_review_date
    from assessed
    inner join {{ ref('fct_risk_reviews') }} as reviews
        on
            assessed.risk_assessment_key = reviews.risk_assessment_key
            and assessed.reference_date >= reviews.held_date
            and assessed.assessed_date < reviews.held_date
    where assessed.place = 1
    group by assessed.risk_assessment_key, assessed.month
),

due as (
    select
        assessed.month,
        assessed.reference_date,
        assessed.get_safe_case_key,
        assessed.child_key,
        assessed.risk_assessment_key,
        assessed.exploitation_type,
        assessed.exploitation_group,
        assessed.assessed_date,
        assessed.risk_level,
        assessed.level_order,
        assessed.is_open_risk,
        reviewed.last_review_date,
        coalesce(
            {{ add_days('reviewed.last_review_date', 'cast(assessed.review_interval_days as integer)') }}, assessed.review_due_date
        ) as next_review_due_date
    from assessed
    left join reviewed
        on assessed.risk_assessment_key = reviewed.risk_assessment_key and assessed.month = reviewed.month
    where assessed.place = 1
)

select
    {{ row_key(['due.child_key', 'due.month', 'due.exploitation_type']) }} as risk_month_key,
    due.month,
    due.reference_date,
    due.child_key,
    due.get_safe_case_key,
    due.risk_assessment_key,
    due.exploitation_type,
    due.exploitation_group,
    due.assessed_date,
    due.risk_level,
    due.level_order,
    due.is_open_risk,
    due.last_review_date,
    due.next_review_due_date,
    {{ is_overdue('due.next_review_due_date', 'due.reference_date', 'known.known_to') }} as is_review_overdue,
    {{ allocation_columns() }}
from due
cross join known
{{ allocation_joins('due', 'due.reference_date') }}
