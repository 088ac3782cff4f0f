-- One row per risk assessment and type of exploitation. The review is due on the day the form gives, else after the interval of the
-- level found (a register of the authority, by the day of the assessment). What lies after the as-at date has not happened.
with

assessments as (
    select
        children.child_key,
        assessments.risk_assessment_id,
        assessments.get_safe_case_id,
        assessments.exploitation_type,
        assessments.assessment_kind,
        assessments.assessed_date,
        assessments.risk_level,
        assessments.next_review_due_date,
        assessments.child_took_part,
        assessments.partners_contributed,
        assessments.team_code as team_name,
        assessments.snapshot_date,
        assessments.load_id,
        assessments.row_number
    from {{ ref('stg_get_safe__risk_assessments') }} as assessments
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on assessments.child_id = children.child_id
    where assessments.assessed_date <= run.as_at
),

cases as (
    select
        children.child_key,
        cases.get_safe_case_id
    from {{ ref('stg_get_safe__get_safe_cases') }} as cases
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on cases.child_id = children.child_id
    where cases.opened_date <= run.as_at
)

select
    {{ row_key(['assessments.child_key', 'assessments.risk_assessment_id']) }} as risk_assessment_key,
    assessments.child_key,
    case
        when cases.get_safe_case_id is not null then {{ row_key(['cases.child_key', 'cases.get_safe_case_id']) }}
    end as get_safe_case_key,
    assessments.exploitation_type,
    {{ exploitation_group('assessments.exploitation_type') }} as exploitation_group,
    assessments.assessment_kind,
    assessments.assessed_date,
    assessments.risk_level,
    levels.level_order,
    levels.is_open_risk,
    levels.review_interval_days,
    coalesce(
        assessments.next_review_due_date, {{ add_days('assessments.assessed_date', 'cast(levels.review_interval_days as integer)') }}
    ) as review_due_date,
    {{ answered_yes('assessments.child_took_part') }} as has_child_taken_part,
    {{ answered_yes('assessments.partners_contributed') }} as has_partners_contributed,
    {{ team_or_allocation_columns() }},
    assessments.load_id,
    assessments.row_number
from assessments
left join cases
    on assessments.child_key = cases.child_key and assessments.get_safe_case_id = cases.get_safe_case_id
left join {{ ref('dim_risk_level') }} as levels
    on
        assessments.risk_level = levels.risk_level
        and assessments.assessed_date >= levels.valid_from
        and assessments.assessed_date <= {{ end_or_never('levels.valid_to') }}
{{ team_joins('assessments', 'assessments.assessed_date') }}
{{ allocation_joins('assessments', 'assessments.assessed_date') }}
