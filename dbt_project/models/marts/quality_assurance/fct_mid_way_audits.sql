-- One row per mid-point between two reviews of a plan. Done is known by its day; said not to be done and nothing said are told apart.
-- The team manager's answer is due as the standard says after the alert, after the audit where no alert is recorded.
with

audits as (
    select
        audits.mid_way_audit_id,
        children.child_key,
        audits.plan_type,
        audits.auditor_role,
        audits.service_code,
        audits.team_code,
        audits.mid_point_due_date,
        {{ by_as_at('audits.completed_date') }} as completed_date,
        audits.completed = 'no' as is_given_up,
        {{ by_as_at('audits.completed_date', 'audits.child_feedback') }} as child_feedback,
        {{ by_as_at('audits.completed_date', 'audits.parent_feedback') }} as parent_feedback,
        {{ by_as_at('audits.completed_date', 'audits.carer_feedback') }} as carer_feedback,
        {{ by_as_at('audits.alert_sent_date') }} as alert_sent_date,
        {{ by_as_at('audits.acknowledged_date') }} as acknowledged_date,
        {{ by_as_at('audits.completed_date', 'audits.actions_complete') }} as actions_complete,
        {{ by_as_at('audits.completed_date', 'audits.iro_footprint') }} as iro_footprint,
        {{ by_as_at('audits.completed_date', 'audits.cp_chair_footprint') }} as cp_chair_footprint,
        coalesce(
            {{ by_as_at('audits.alert_sent_date') }},
            {{ by_as_at('audits.completed_date') }}
        ) as clock_date,
        audits.load_id,
        audits.row_number
    from {{ ref('stg_quality_assurance__mid_way_audits') }} as audits
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on audits.child_id = children.child_id
),

due as (
    select
        audits.mid_way_audit_id,
        case when audits.completed_date is not null then {{ due_after('audits.clock_date', 'acknowledgement_standard') }} end
            as acknowledgement_due_date,
        case when audits.completed_date is not null then {{ in_time_until('audits.clock_date', 'acknowledgement_standard') }} end
            as acknowledgement_in_time_until
    from audits
    {{ standard_join('mid_way_acknowledgement', 'audits.clock_date', 'acknowledgement_standard') }}
    {{ due_joins('audits.clock_date', 'acknowledgement_standard') }}
),

known as (
    {{ known_to('quality_assurance', 'mid_way_audits') }}
)

select
    {{ row_key(['audits.child_key', 'audits.mid_way_audit_id']) }} as mid_way_audit_key,
    audits.child_key,
    audits.plan_type,
    coalesce(audits.auditor_role, 'unknown') as auditor_role,
    coalesce(nullif(trim(audits.service_code), ''), 'unmapped') as service_code,
    coalesce(nullif(trim(audits.team_code), ''), 'unmapped') as team_code,
    audits.mid_point_due_date,
    audits.completed_date,
    case
        when audits.completed_date is not null then 'completed'
        when audits.is_given_up then 'not_completed'
        else 'not_recorded'
    end as state,
    {{ answered_yes('audits.child_feedback') }} as is_child_feedback,
    {{ answered_yes('audits.parent_feedback') }} as is_parent_feedback,
    {{ answered_yes('audits.carer_feedback') }} as is_carer_feedback,
    audits.alert_sent_date,
    due.acknowledgement_due_date,
    audits.acknowledged_date,
    {{ done_in_time('audits.acknowledged_date', 'due.acknowledgement_in_time_until', 'known.known_to') }} as is_acknowledged_in_time,
    {{ answered_yes('audits.actions_complete') }} as is_actions_complete,
    {{ answered_yes('audits.iro_footprint') }} as is_iro_footprint,
    {{ answered_yes('audits.cp_chair_footprint') }} as is_cp_chair_footprint,
    audits.load_id,
    audits.row_number
from audits
inner join due on audits.mid_way_audit_id = due.mid_way_audit_id
cross join known
