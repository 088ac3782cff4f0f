-- List 4: assessments that are open, or were authorised in six months. Two that began on one day are one row: the open one, or the
-- one authorised last. A child not born when it was authorised, or by the day, cannot have been seen: unknown.
with

judged as (
    select
        days.period,
        days.reference_date,
        assessments.child_key,
        assessments.start_date,
        case when assessments.authorisation_date <= days.reference_date then assessments.authorisation_date end as authorisation_date,
        assessments.child_seen,
        assessments.support_required,
        assessments.team_code,
        assessments.worker_key,
        row_number() over (
            partition by days.period, assessments.child_key, assessments.start_date
            order by assessments.authorisation_date desc nulls first, assessments.assessment_key asc
        ) as place
    from {{ ref('fct_assessments') }} as assessments
    inner join {{ ref('int_annex_a__days') }} as days
        on
            assessments.start_date <= days.reference_date
            and (assessments.authorisation_date is null or assessments.authorisation_date >= days.window_start)
),

listed as (
    select
        period,
        reference_date,
        child_key,
        start_date,
        authorisation_date,
        coalesce(authorisation_date, reference_date) as case_day,
        child_seen,
        support_required,
        team_code,
        worker_key
    from judged
    where place = 1
)

select
    listed.period,
    listed.child_key,
    {{ listed_child() }},
    children.disability,
    listed.start_date as assessment_start_date,
    case when children.date_of_birth is null or children.date_of_birth > listed.case_day then 'unknown' else listed.child_seen end
        as child_seen,
    listed.authorisation_date,
    case when listed.authorisation_date is not null then listed.support_required end as support_required,
    {{ listed_case_columns() }}
from listed
inner join {{ ref('dim_child') }} as children on listed.child_key = children.child_key
{{ listed_case_joins() }}
