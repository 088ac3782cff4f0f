-- One row per audit known at the as-at date. The subject is a child, a fostering household or an adopter family. The number of the
-- audit stands in trackers beside the child's, so that it leaves the restricted zone as a pseudonym only.
-- An audit is due on the day its list says, else as the standard says after circulation. The grade before moderation is the agreed
-- one, without it the peer's, without it the lead's. An inadequate audit is followed by another audit of the same subject that
-- names it; the standard counts from the day of the final grade.
with

reaudits as (
    select
        reaudit_of as audit_id,
        min(completed_date) as reaudited_date
    from {{ ref('int_quality_assurance__audits') }}
    where reaudit_of is not null and completed_date is not null
    group by reaudit_of
),

audits as (
    select
        audits.audit_id,
        audits.template,
        audits.subject_type,
        audits.child_id,
        audits.service_code,
        audits.team_code,
        audits.allocated_date,
        audits.due_date,
        audits.completed_date,
        audits.status,
        audits.lead_auditor,
        audits.peer_auditor,
        audits.moderator,
        audits.lead_grade,
        audits.peer_grade,
        audits.agreed_grade,
        audits.graded_independently,
        audits.moderated_date,
        audits.moderated_grade,
        audits.final_grade,
        audits.final_grade_basis,
        audits.final_grade_date,
        audits.review_due_date,
        audits.views_sought,
        audits.views_obtained,
        audits.child_views_obtained,
        audits.parent_views_obtained,
        audits.carer_views_obtained,
        audits.adopter_views_obtained,
        audits.views_not_sought_reason,
        audits.views_not_obtained_reason,
        audits.qa_form_recorded,
        audits.worker_discussion,
        audits.case_note_recorded,
        audits.learning_shared,
        audits.escalated,
        audits.reaudit_of,
        audits.withdrawal_approved,
        audits.is_moderated_template,
        audits.review_anchor,
        audits.load_id,
        audits.row_number,
        coalesce(audits.agreed_grade, audits.peer_grade, audits.lead_grade) as pre_moderation_grade,
        -- counted for the audits it is owed for only
        case when audits.is_moderated_template then audits.completed_date end as moderation_clock_date,
        case when audits.final_grade = 'inadequate' then audits.final_grade_date end as reaudit_clock_date,
        reaudits.reaudited_date
    from {{ ref('int_quality_assurance__audits') }} as audits
    left join reaudits on audits.audit_id = reaudits.audit_id
),

due as (
    select
        audits.audit_id,
        coalesce(audits.due_date, {{ due_after('audits.allocated_date', 'completion_standard') }}) as completion_due_date,
        {{ due_after('audits.moderation_clock_date', 'moderation_standard') }} as moderation_due_date,
        {{ in_time_until('audits.moderation_clock_date', 'moderation_standard') }} as moderation_in_time_until,
        {{ due_after('audits.reaudit_clock_date', 'reaudit_standard') }} as reaudit_due_date
    from audits
    {{ standard_join('audit_completion', 'audits.allocated_date', 'completion_standard') }}
    {{ due_joins('audits.allocated_date', 'completion_standard') }}
    {{ standard_join('audit_moderation', 'audits.moderation_clock_date', 'moderation_standard') }}
    {{ due_joins('audits.moderation_clock_date', 'moderation_standard') }}
    {{ standard_join('reaudit', 'audits.reaudit_clock_date', 'reaudit_standard') }}
    {{ due_joins('audits.reaudit_clock_date', 'reaudit_standard') }}
),

-- whether the file shows that the actions were reviewed, by what each action that is still required says of its review
footprints as (
    select
        actions.audit_id,
        case
            when count(case when actions.footprint_recorded = 'no' then 1 end) > 0 then false
            when count(case when actions.footprint_recorded = 'yes' then 1 end) = count(*) then true
        end as is_footprint_recorded
    from (
        select
            actions.audit_id,
            {{ by_as_at('actions.review_date', 'actions.footprint_recorded') }} as footprint_recorded
        from {{ ref('int_quality_assurance__audit_actions') }} as actions
        cross join {{ ref('stg_control__run') }} as run
        where actions.status <> 'not_required'
    ) as actions
    group by actions.audit_id
),

known as (
    {{ known_to('quality_assurance', 'audits') }}
)

select
    keys.audit_key,
    audits.audit_id,
    children.child_key,
    audits.subject_type,
    audits.template,
    audits.is_moderated_template,
    audits.review_anchor,
    coalesce(nullif(trim(audits.service_code), ''), 'unmapped') as service_code,
    coalesce(nullif(trim(audits.team_code), ''), 'unmapped') as team_code,
    audits.allocated_date,
    audits.due_date,
    due.completion_due_date,
    audits.completed_date,
    {{ done_in_time('audits.completed_date', 'due.completion_due_date', 'known.known_to') }} as is_completed_in_time,
    audits.status,
    {{ answered_yes('audits.withdrawal_approved') }} as is_withdrawal_approved,
    audits.lead_auditor,
    audits.peer_auditor,
    audits.moderator,
    audits.lead_grade,
    audits.peer_grade,
    audits.agreed_grade,
    audits.graded_independently,
    audits.pre_moderation_grade,
    case
        when audits.agreed_grade is not null then 'agreed'
        when audits.peer_grade is not null then 'peer'
        when audits.lead_grade is not null then 'lead'
    end as pre_moderation_basis,
    due.moderation_due_date,
    due.moderation_in_time_until,
    audits.moderated_date,
    audits.moderated_grade,
    case
        when {{ grade_rank('audits.moderated_grade') }} < {{ grade_rank('audits.pre_moderation_grade') }} then 'up'
        when {{ grade_rank('audits.moderated_grade') }} > {{ grade_rank('audits.pre_moderation_grade') }} then 'down'
        when audits.moderated_grade = audits.pre_moderation_grade then 'same'
    end as moderation_direction,
    moderated.working_day_index - completed.working_day_index as working_days_to_moderation,
    audits.final_grade,
    audits.final_grade_basis,
    audits.final_grade_date,
    audits.review_due_date,
    {{ answered_yes('audits.escalated') }} as is_escalated,
    reaudited_keys.audit_key as reaudit_of_key,
    due.reaudit_due_date,
    audits.reaudited_date,
    {{ done_in_time('audits.reaudited_date', 'due.reaudit_due_date', 'known.known_to') }} as is_reaudited_in_time,
    audits.views_sought,
    audits.views_not_sought_reason,
    audits.views_not_sought_reason is not null as is_reason_views_not_sought_given,
    audits.views_obtained,
    audits.views_not_obtained_reason,
    {{ answered_yes('audits.child_views_obtained') }} as is_child_views_obtained,
    {{ answered_yes('audits.parent_views_obtained') }} as is_parent_views_obtained,
    {{ answered_yes('audits.carer_views_obtained') }} as is_carer_views_obtained,
    {{ answered_yes('audits.adopter_views_obtained') }} as is_adopter_views_obtained,
    audits.worker_discussion,
    audits.qa_form_recorded,
    audits.case_note_recorded,
    audits.learning_shared,
    footprints.is_footprint_recorded,
    audits.load_id,
    audits.row_number
from audits
inner join {{ ref('stg_control__audit_keys') }} as keys on audits.audit_id = keys.audit_id
inner join due on audits.audit_id = due.audit_id
cross join known
left join footprints on audits.audit_id = footprints.audit_id
left join {{ ref('int_children__identities') }} as children on audits.child_id = children.child_id
left join {{ ref('stg_control__audit_keys') }} as reaudited_keys on audits.reaudit_of = reaudited_keys.audit_id
left join {{ ref('dim_date') }} as completed on audits.completed_date = completed.date_day
left join {{ ref('dim_date') }} as moderated on audits.moderated_date = moderated.date_day
