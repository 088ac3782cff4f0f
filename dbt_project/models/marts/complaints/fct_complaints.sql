-- One row per complaint received by the as-at date, with what had become of it by then. A complaint that is suspended and was taken
-- up again goes on.
select
    keys.complaint_key,
    children.child_key,
    complaints.procedure,
    coalesce(complaints.status, 'not_recorded') as status,
    case when complaints.status = 'declined_with_reason' then coalesce(complaints.declined_reason, 'not_recorded') end
        as declined_reason,
    coalesce(complaints.complainant_type, 'not_recorded') as complainant_type,
    complaints.received_date,
    {{ by_as_at('complaints.acknowledged_date') }} as acknowledged_date,
    {{ answered_yes('complaints.advocate_offered') }} as is_advocate_offered,
    {{ answered_yes('complaints.advocate') }} as is_with_advocate,
    case
        when complaints.complainant_type in ('child', 'care_leaver', 'advocate') or complaints.advocate = 'yes' then true
        when complaints.complainant_type is null and complaints.advocate is null then null
        else false
    end as is_from_child_or_advocate,
    {{ by_as_at('complaints.suspended_date') }} as suspended_date,
    {{ by_as_at('complaints.resumed_date') }} as resumed_date,
    coalesce(
        complaints.suspended_date <= run.as_at and (complaints.resumed_date is null or complaints.resumed_date > run.as_at), false
    ) as is_suspended,
    {{ by_as_at('complaints.closed_date') }} as closed_date,
    coalesce(nullif(trim(complaints.service_code), ''), 'unmapped') as service_code,
    coalesce(nullif(trim(complaints.team_code), ''), 'unmapped') as team_code,
    complaints.load_id,
    complaints.row_number
from {{ ref('stg_complaints__complaints') }} as complaints
cross join {{ ref('stg_control__run') }} as run
inner join {{ ref('stg_control__complaint_keys') }} as keys on complaints.complaint_id = keys.complaint_id
left join {{ ref('int_children__identities') }} as children on complaints.child_id = children.child_id
where complaints.received_date <= run.as_at
