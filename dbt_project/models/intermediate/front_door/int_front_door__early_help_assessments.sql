-- Early help assessments by the route this authority takes: those of the early help system's cases, or Annex A's list.
with

annex_a as (
    select
        children.child_key,
        assessments.assessment_start_date,
        assessments.assessment_completion_date,
        assessments.organisation,
        assessments.snapshot_date,
        assessments.load_id,
        assessments.row_number,
        row_number() over (
            partition by children.child_key, assessments.assessment_start_date, assessments.organisation
            order by assessments.snapshot_date desc, assessments.load_id desc, assessments.row_number desc
        ) as place
    from {{ ref('stg_annex_a__early_help_assessments') }} as assessments
    inner join {{ ref('int_children__identities') }} as children on assessments.child_id = children.child_id
    where assessments.is_current and {{ on_route('early_help_assessments', 'annex_a') }}
),

assessments as (
    select
        {{ row_key(['children.child_key', 'cases.early_help_case_id']) }} as early_help_assessment_key,
        children.child_key,
        cases.early_help_assessment_start_date as start_date,
        cases.early_help_assessment_completed_date as completion_date,
        cast(null as varchar) as organisation,
        cases.lead_professional_agency,
        cases.lead_professional_role,
        cases.level_of_need,
        cases.team_code as team_name,
        cases.snapshot_date,
        'supporting_families' as source_route,
        cases.load_id,
        cases.row_number
    from {{ ref('stg_supporting_families__early_help_cases') }} as cases
    inner join {{ ref('int_children__identities') }} as children on cases.child_id = children.child_id
    where {{ on_route('early_help_assessments', 'supporting_families') }}

    union all

    select
        {{ row_key(['child_key', 'assessment_start_date', 'organisation']) }} as early_help_assessment_key,
        child_key,
        assessment_start_date as start_date,
        assessment_completion_date as completion_date,
        organisation,
        cast(null as varchar) as lead_professional_agency,
        cast(null as varchar) as lead_professional_role,
        cast(null as varchar) as level_of_need,
        cast(null as varchar) as team_name,
        snapshot_date,
        'annex_a' as source_route,
        load_id,
        row_number
    from annex_a
    where place = 1
)

select
    assessments.early_help_assessment_key,
    assessments.child_key,
    assessments.start_date,
    {{ by_as_at('assessments.completion_date') }} as completion_date,
    run.as_at,
    assessments.organisation,
    assessments.lead_professional_agency,
    assessments.lead_professional_role,
    assessments.level_of_need,
    assessments.team_name,
    assessments.snapshot_date,
    assessments.source_route,
    assessments.load_id,
    assessments.row_number
from assessments
cross join {{ ref('stg_control__run') }} as run
-- a case may have no assessment
where assessments.start_date <= run.as_at
