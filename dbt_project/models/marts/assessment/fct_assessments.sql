-- Working days: day 0 is the day the assessment started.
-- Unborn at the day of authorisation (an open one: at the as-at date): nobody can have seen the child.
with

assessments as (
    select
        assessments.child_id,
        assessments.assessment_start_date as start_date,
        case when assessments.authorisation_date <= run.as_at then assessments.authorisation_date end as authorisation_date,
        assessments.child_seen,
        assessments.support_required,
        assessments.team_name,
        assessments.snapshot_date,
        assessments.load_id,
        assessments.row_number,
        run.as_at
    from {{ ref('stg_annex_a__assessments') }} as assessments
    cross join {{ ref('stg_control__run') }} as run
    where assessments.is_current and assessments.assessment_start_date <= run.as_at
)

select
    {{ row_key(['children.child_key', 'assessments.start_date']) }} as assessment_key,
    children.child_key,
    assessments.start_date,
    assessments.authorisation_date,
    authorised.working_day_index - started.working_day_index as working_days,
    assessments.child_seen,
    children.date_of_birth is null
    or children.date_of_birth > coalesce(assessments.authorisation_date, assessments.as_at) as is_unborn,
    assessments.support_required,
    {{ team_columns() }},
    assessments.load_id,
    assessments.row_number
from assessments
inner join {{ ref('int_children__identities') }} as children on assessments.child_id = children.child_id
left join {{ ref('dim_date') }} as started on assessments.start_date = started.date_day
left join {{ ref('dim_date') }} as authorised on assessments.authorisation_date = authorised.date_day
{{ team_joins('assessments', 'coalesce(assessments.authorisation_date, assessments.snapshot_date)') }}
