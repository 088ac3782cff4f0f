-- Assessments of social care by the route this authority takes. Whether support was found to be needed is the assessment's
-- own flag of no further action; where that is blank, the outcomes tell. Outcomes of an assessment that is not
-- authorised by the as-at date are not known yet. Annex A knows a child's assessments by their first day only.
with

outcomes as (
    select
        assessment_id,
        {{ outcome_flag('OUTCOME_NFA_FLAG') }} as is_nfa,
        {{ outcome_flag('OUTCOME_CHILD_IN_NEED_PLAN_FLAG') }} as led_to_child_in_need_plan
    from {{ ref('stg_ssd__assessment_outcomes') }}
    group by assessment_id
),

case_system as (
    select
        children.child_key,
        children.date_of_birth,
        assessments.assessment_id,
        assessments.referral_id,
        assessments.assessment_start_date as start_date,
        {{ by_as_at('assessments.authorisation_date') }} as authorisation_date,
        run.as_at,
        assessments.child_seen,
        case assessments.assessment_nfa when 'yes' then true when 'no' then false else outcomes.is_nfa end as is_nfa,
        outcomes.led_to_child_in_need_plan,
        assessments.team_id as team_name,
        assessments.worker_id,
        assessments.snapshot_date,
        assessments.load_id,
        assessments.row_number
    from {{ ref('stg_ssd__cin_assessments') }} as assessments
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on assessments.child_id = children.child_id
    left join outcomes on assessments.assessment_id = outcomes.assessment_id
    where assessments.assessment_start_date <= run.as_at and {{ on_route('assessments', 'ssd') }}
),

annex_a as (
    select
        children.child_key,
        children.date_of_birth,
        assessments.assessment_start_date as start_date,
        {{ by_as_at('assessments.authorisation_date') }} as authorisation_date,
        run.as_at,
        assessments.child_seen,
        assessments.support_required,
        assessments.team_name,
        assessments.snapshot_date,
        assessments.load_id,
        assessments.row_number,
        row_number() over (
            partition by children.child_key, assessments.assessment_start_date
            order by assessments.snapshot_date desc, assessments.load_id desc, assessments.row_number desc
        ) as place
    from {{ ref('stg_annex_a__assessments') }} as assessments
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on assessments.child_id = children.child_id
    where assessments.is_current and assessments.assessment_start_date <= run.as_at and {{ on_route('assessments', 'annex_a') }}
)

select
    {{ row_key(['child_key', 'assessment_id']) }} as assessment_key,
    child_key,
    date_of_birth,
    assessment_id,
    referral_id,
    start_date,
    authorisation_date,
    as_at,
    child_seen,
    case when authorisation_date is not null then case is_nfa when true then 'no' when false then 'yes' end end as support_required,
    case when authorisation_date is not null then is_nfa end as is_nfa,
    case when authorisation_date is not null then led_to_child_in_need_plan end as led_to_child_in_need_plan,
    team_name,
    worker_id,
    snapshot_date,
    'ssd' as source_route,
    load_id,
    row_number
from case_system

union all

select
    {{ row_key(['child_key', 'start_date']) }} as assessment_key,
    child_key,
    date_of_birth,
    cast(null as varchar) as assessment_id,
    cast(null as varchar) as referral_id,
    start_date,
    authorisation_date,
    as_at,
    child_seen,
    support_required,
    cast(null as boolean) as is_nfa,
    cast(null as boolean) as led_to_child_in_need_plan,
    team_name,
    cast(null as varchar) as worker_id,
    snapshot_date,
    'annex_a' as source_route,
    load_id,
    row_number
from annex_a
where place = 1
