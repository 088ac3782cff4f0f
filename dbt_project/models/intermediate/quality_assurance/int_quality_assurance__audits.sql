-- Audits as known at the as-at date, with the version of their template that was valid when they were completed
-- (an audit not completed yet: valid at the as-at date). What happened after the as-at date has not happened. A withdrawn
-- audit keeps its row and no outcome: no completion, grade, moderation or review is counted for it. What comes of an audit is
-- known from its completion on; what is recorded after moderation (case note, learning shared) from then on.
with

audits as (
    select
        audits.audit_id,
        audits.template,
        audits.subject_type,
        audits.subject_id,
        audits.child_id,
        audits.service_code,
        audits.team_code,
        audits.allocated_date,
        audits.due_date,
        case when audits.status <> 'withdrawn' and audits.completed_date <= run.as_at then audits.completed_date end as completed_date,
        case
            when audits.status = 'completed' and audits.completed_date > run.as_at then 'allocated'
            else audits.status
        end as status,
        audits.lead_auditor,
        audits.peer_auditor,
        audits.moderator,
        case when audits.status <> 'withdrawn' and audits.completed_date <= run.as_at then audits.lead_grade end as lead_grade,
        case when audits.status <> 'withdrawn' and audits.completed_date <= run.as_at then audits.peer_grade end as peer_grade,
        case when audits.status <> 'withdrawn' and audits.completed_date <= run.as_at then audits.agreed_grade end as agreed_grade,
        {{ by_as_at('audits.completed_date', 'audits.graded_independently') }} as graded_independently,
        case when audits.status <> 'withdrawn' and audits.moderated_date <= run.as_at then audits.moderated_date end as moderated_date,
        case when audits.status <> 'withdrawn' and audits.moderated_date <= run.as_at then audits.moderated_grade end as moderated_grade,
        {{ by_as_at('audits.completed_date', 'audits.views_sought') }} as views_sought,
        {{ by_as_at('audits.completed_date', 'audits.views_obtained') }} as views_obtained,
        {{ by_as_at('audits.completed_date', 'audits.child_views_obtained') }} as child_views_obtained,
        {{ by_as_at('audits.completed_date', 'audits.parent_views_obtained') }} as parent_views_obtained,
        {{ by_as_at('audits.completed_date', 'audits.carer_views_obtained') }} as carer_views_obtained,
        {{ by_as_at('audits.completed_date', 'audits.adopter_views_obtained') }} as adopter_views_obtained,
        {{ by_as_at('audits.completed_date', 'audits.views_not_sought_reason') }} as views_not_sought_reason,
        {{ by_as_at('audits.completed_date', 'audits.views_not_obtained_reason') }} as views_not_obtained_reason,
        case when {{ recorded_after_audit() }} then audits.qa_form_recorded end as qa_form_recorded,
        {{ by_as_at('audits.completed_date', 'audits.worker_discussion') }} as worker_discussion,
        case when {{ recorded_after_audit() }} then audits.case_note_recorded end as case_note_recorded,
        case when {{ recorded_after_audit() }} then audits.learning_shared end as learning_shared,
        case when {{ recorded_after_audit() }} then audits.escalated end as escalated,
        audits.reaudit_of,
        audits.withdrawal_approved,
        audits.load_id,
        audits.row_number,
        run.as_at
    from {{ ref('int_quality_assurance__audit_records') }} as audits
    cross join {{ ref('stg_control__run') }} as run
    where audits.allocated_date is null or audits.allocated_date <= run.as_at
),

with_template as (
    select
        audits.audit_id,
        audits.template,
        audits.subject_type,
        audits.subject_id,
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
        audits.load_id,
        audits.row_number,
        templates.moderated = 'yes' as is_moderated_template,
        templates.review_anchor,
        row_number() over (partition by audits.audit_id order by templates.valid_from desc) as template_rank
    from audits
    left join {{ ref('stg_quality_assurance__audit_templates') }} as templates
        on
            audits.template = templates.template
            and coalesce(audits.completed_date, audits.as_at) >= templates.valid_from
            and (templates.valid_to is null or coalesce(audits.completed_date, audits.as_at) <= templates.valid_to)
),

graded as (
    select
        audit_id,
        template,
        subject_type,
        subject_id,
        child_id,
        service_code,
        team_code,
        allocated_date,
        due_date,
        completed_date,
        status,
        lead_auditor,
        peer_auditor,
        moderator,
        lead_grade,
        peer_grade,
        agreed_grade,
        graded_independently,
        moderated_date,
        moderated_grade,
        views_sought,
        views_obtained,
        child_views_obtained,
        parent_views_obtained,
        carer_views_obtained,
        adopter_views_obtained,
        views_not_sought_reason,
        views_not_obtained_reason,
        qa_form_recorded,
        worker_discussion,
        case_note_recorded,
        learning_shared,
        escalated,
        reaudit_of,
        withdrawal_approved,
        load_id,
        row_number,
        is_moderated_template,
        review_anchor,
        -- A template that is moderated has no final grade before moderation; one that is not takes the auditor's:
        -- the lead's, or the single peer manager's where there is no pair (residential).
        -- Without a template nobody can say which grade is final.
        case
            when is_moderated_template then moderated_grade
            when not is_moderated_template then coalesce(lead_grade, peer_grade)
        end as final_grade,
        case review_anchor
            when 'moderation' then moderated_date
            when 'completion' then completed_date
        end as review_anchor_date
    from with_template
    where template_rank = 1
)

select
    graded.audit_id,
    graded.template,
    graded.subject_type,
    graded.subject_id,
    graded.child_id,
    graded.service_code,
    graded.team_code,
    graded.allocated_date,
    graded.due_date,
    graded.completed_date,
    graded.status,
    graded.lead_auditor,
    graded.peer_auditor,
    graded.moderator,
    graded.lead_grade,
    graded.peer_grade,
    graded.agreed_grade,
    graded.graded_independently,
    graded.moderated_date,
    graded.moderated_grade,
    graded.views_sought,
    graded.views_obtained,
    graded.child_views_obtained,
    graded.parent_views_obtained,
    graded.carer_views_obtained,
    graded.adopter_views_obtained,
    graded.views_not_sought_reason,
    graded.views_not_obtained_reason,
    graded.qa_form_recorded,
    graded.worker_discussion,
    graded.case_note_recorded,
    graded.learning_shared,
    graded.escalated,
    graded.reaudit_of,
    graded.withdrawal_approved,
    graded.load_id,
    graded.row_number,
    graded.is_moderated_template,
    graded.review_anchor,
    graded.final_grade,
    case
        when graded.final_grade is null then null
        when graded.is_moderated_template then 'moderated'
        else 'auditor'
    end as final_grade_basis,
    case
        when graded.final_grade is null then null
        when graded.is_moderated_template then graded.moderated_date
        else graded.completed_date
    end as final_grade_date,
    {{ due_after('graded.review_anchor_date', 'review_standard') }} as review_due_date
from graded
{{ standard_join('audit_review', 'graded.review_anchor_date', 'review_standard') }}
{{ due_joins('graded.review_anchor_date', 'review_standard') }}
