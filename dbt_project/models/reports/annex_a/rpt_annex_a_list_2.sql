-- List 2: early help assessments begun in six months, or still open. Two that began on one day in one organisation stand once. Where
-- the organisation has no name it is the agency of the lead professional, its code written as words.
with

assessments as (
    select
        early_help_assessment_key,
        child_key,
        start_date,
        completion_date,
        coalesce(
            organisation,
            upper(substring(lead_professional_agency, 1, 1)) || replace(substring(lead_professional_agency, 2), '_', ' ')
        ) as organisation
    from {{ ref('fct_early_help_assessments') }}
),

judged as (
    select
        days.period,
        days.reference_date,
        assessments.child_key,
        assessments.start_date,
        case when assessments.completion_date <= days.reference_date then assessments.completion_date end as completion_date,
        assessments.organisation,
        row_number() over (
            partition by days.period, assessments.child_key, assessments.start_date, assessments.organisation
            order by assessments.completion_date desc nulls first, assessments.early_help_assessment_key asc
        ) as place
    from assessments
    inner join {{ ref('int_annex_a__days') }} as days
        on
            assessments.start_date <= days.reference_date
            and (
                assessments.start_date >= days.window_start
                or assessments.completion_date is null
                or assessments.completion_date > days.reference_date
            )
),

listed as (
    select
        period,
        reference_date,
        child_key,
        start_date,
        completion_date,
        organisation
    from judged
    where place = 1
)

select
    listed.period,
    listed.child_key,
    {{ listed_child() }},
    listed.start_date as assessment_start_date,
    listed.completion_date as assessment_completion_date,
    listed.organisation
from listed
inner join {{ ref('dim_child') }} as children on listed.child_key = children.child_key
