-- One row per action of a mid-way audit that was completed by the as-at date.
select
    {{ row_key(['audits.mid_way_audit_key', 'actions.mid_way_action_id']) }} as mid_way_action_key,
    audits.mid_way_audit_key,
    audits.child_key,
    actions.theme,
    actions.action_category,
    actions.owner_role,
    actions.due_date,
    case when actions.status = 'complete' and actions.completed_date > run.as_at then 'open' else actions.status end as status,
    {{ by_as_at('actions.completed_date') }} as completed_date,
    audits.service_code,
    audits.team_code,
    actions.load_id,
    actions.row_number
from {{ ref('stg_quality_assurance__mid_way_audit_actions') }} as actions
cross join {{ ref('stg_control__run') }} as run
inner join {{ ref('stg_quality_assurance__mid_way_audits') }} as recorded on actions.mid_way_audit_id = recorded.mid_way_audit_id
inner join {{ ref('int_children__identities') }} as children on recorded.child_id = children.child_id
inner join {{ ref('fct_mid_way_audits') }} as audits
    on
        {{ row_key(['children.child_key', 'recorded.mid_way_audit_id']) }} = audits.mid_way_audit_key
        and audits.completed_date is not null
