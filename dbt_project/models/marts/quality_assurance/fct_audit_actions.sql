-- One row per action of an audit that was completed by the as-at date. Completed late is not completed at the 8-week review.
with

actions as (
    select
        actions.action_id,
        actions.audit_id,
        actions.theme,
        actions.owner_role,
        actions.due_date,
        case
            when actions.status = 'complete' and actions.completed_date > run.as_at then 'open'
            else actions.status
        end as status,
        {{ by_as_at('actions.completed_date') }} as completed_date,
        {{ by_as_at('actions.review_date') }} as review_date,
        {{ by_as_at('actions.review_date', 'actions.review_status') }} as review_status,
        {{ by_as_at('actions.review_date', 'actions.footprint_recorded') }} as footprint_recorded,
        actions.load_id,
        actions.row_number
    from {{ ref('int_quality_assurance__audit_actions') }} as actions
    cross join {{ ref('stg_control__run') }} as run
)

select
    {{ row_key(['audits.audit_key', 'actions.action_id']) }} as action_key,
    audits.audit_key,
    audits.child_key,
    actions.theme,
    actions.owner_role,
    actions.due_date,
    actions.status,
    actions.completed_date,
    audits.review_due_date,
    actions.review_date,
    actions.review_status,
    actions.footprint_recorded,
    coalesce(actions.status = 'complete' and actions.completed_date <= audits.review_due_date, false) as is_complete_at_review,
    audits.template,
    audits.service_code,
    audits.team_code,
    actions.load_id,
    actions.row_number
from actions
inner join {{ ref('fct_audits') }} as audits on actions.audit_id = audits.audit_id and audits.completed_date is not null
