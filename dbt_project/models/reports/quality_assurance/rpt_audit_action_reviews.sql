-- What is open of audits in the week of the as-at date, for the Advanced Practitioners: reviews of actions that are not done, audits
-- of moderated templates that nobody has moderated (their review has no due date yet, so that they stand apart), and inadequate
-- audits whose case was not audited again. Without restricted records. What fell due after the last day that the records speak of is
-- neither overdue nor not, and says so. Days off after a last working day are no days late.
with

weeks as (
    select
        periods.period,
        periods.period_end,
        run.as_at
    from {{ ref('dim_period') }} as periods
    inner join {{ ref('stg_control__run') }} as run on run.as_at between periods.period_start and periods.period_end
    where periods.basis = 'W'
),

known as (
    {{ known_to('quality_assurance', 'audit_actions') }}
),

actions as (
    select
        audit_key,
        count(*) as actions_required,
        count(case when status = 'complete' then 1 end) as actions_complete,
        count(case when review_date is not null then 1 end) as actions_reviewed
    from {{ ref('fct_audit_actions') }}
    where status <> 'not_required'
    group by audit_key
),

open_work as (
    select
        reviews.audit_key,
        'review of actions' as task,
        'advanced_practitioner' as done_by_role,
        reviews.review_due_date as due_date,
        reviews.review_due_date as in_time_until
    from {{ ref('fct_audit_reviews') }} as reviews
    where reviews.review_date is null

    union all

    select
        audit_key,
        'moderation' as task,
        'group_manager' as done_by_role,
        moderation_due_date as due_date,
        moderation_in_time_until as in_time_until
    from {{ ref('fct_audits') }}
    where is_moderated_template and completed_date is not null and moderated_date is null

    union all

    select
        audit_key,
        'audit after an inadequate one' as task,
        'quality_assurance' as done_by_role,
        reaudit_due_date as due_date,
        reaudit_due_date as in_time_until
    from {{ ref('fct_audits') }}
    where final_grade = 'inadequate' and reaudited_date is null
),

listed as (
    select
        weeks.period,
        weeks.as_at as reference_date,
        weeks.period_end,
        open_work.task,
        open_work.done_by_role,
        open_work.due_date,
        {{ is_overdue('open_work.in_time_until', 'weeks.as_at', 'known.known_to') }} as is_overdue,
        known.known_to as records_to,
        ids.audit_id,
        audits.child_key,
        children.child_id,
        audits.subject_type,
        recorded.subject_id,
        audits.template,
        audits.service_code,
        audits.team_code,
        audits.lead_grade,
        audits.peer_grade,
        audits.completed_date,
        audits.moderated_date,
        audits.final_grade,
        audits.is_escalated,
        coalesce(actions.actions_required, 0) as actions_required,
        coalesce(actions.actions_complete, 0) as actions_complete,
        coalesce(actions.actions_reviewed, 0) as actions_reviewed
    from open_work
    cross join weeks
    cross join known
    inner join {{ ref('fct_audits') }} as audits on open_work.audit_key = audits.audit_key
    inner join {{ ref('stg_control__audit_keys') }} as ids on audits.audit_key = ids.audit_key
    inner join {{ ref('int_quality_assurance__audits') }} as recorded on ids.audit_id = recorded.audit_id
    left join {{ ref('dim_child') }} as children on audits.child_key = children.child_key
    left join actions on open_work.audit_key = actions.audit_key
    -- a child that nobody knows may be a restricted one
    where (audits.subject_type <> 'child' and audits.child_key is null) or children.record_restriction = 'none'
)

select
    listed.period,
    listed.reference_date,
    listed.task,
    listed.done_by_role,
    listed.due_date,
    case
        when listed.due_date is null then 'no due date'
        when listed.is_overdue then 'overdue'
        when listed.is_overdue is null then 'fell due after the records end'
        when listed.due_date <= listed.period_end then 'due this week'
        else 'due later'
    end as state,
    -- days to go, negative once it is overdue
    {{ days_between('listed.reference_date', 'listed.due_date') }} as days_to_due,
    listed.records_to,
    listed.audit_id,
    listed.child_key,
    listed.child_id,
    listed.subject_type,
    listed.subject_id,
    listed.template,
    listed.service_code,
    coalesce(services.service_name, 'Not mapped to a service') as service_name,
    listed.team_code,
    coalesce(teams.team_name, 'Not mapped to a team') as team_name,
    case
        when listed.lead_grade is not null and listed.peer_grade is not null then 'lead and peer'
        when listed.lead_grade is not null then 'lead'
        when listed.peer_grade is not null then 'peer'
        else 'not recorded'
    end as graded_by,
    listed.completed_date,
    listed.moderated_date,
    listed.final_grade,
    case when listed.is_escalated then 'yes' when not listed.is_escalated then 'no' else 'not recorded' end as escalated,
    cast(listed.actions_required as integer) as actions_required,
    cast(listed.actions_complete as integer) as actions_complete,
    cast(listed.actions_reviewed as integer) as actions_reviewed
from listed
left join {{ ref('dim_team') }} as teams on listed.team_code = teams.team_code and teams.is_latest
left join {{ ref('dim_service') }} as services
    on
        listed.service_code = services.service_code
        and listed.reference_date >= services.valid_from
        and listed.reference_date <= {{ end_or_never('services.valid_to') }}
