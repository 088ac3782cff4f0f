-- One row per supervision and child discussed in it, held or due; personal and group supervision is one row without a child. What is
-- planned after the as-at date has not been held.
select
    {{ row_key(['workers.worker_key', 'supervisions.supervision_id', 'supervisions.child_id']) }} as supervision_key,
    workers.worker_key,
    children.child_key,
    coalesce(supervisions.kind, 'not_recorded') as supervision_kind,
    supervisions.due_date,
    {{ by_as_at('supervisions.held_date') }} as held_date,
    {{ by_as_at('supervisions.held_date', answered_yes('supervisions.case_note_recorded')) }} as is_case_note_recorded,
    supervisions.supervisor_role,
    coalesce(nullif(trim(supervisions.service_code), ''), 'unmapped') as service_code,
    coalesce(nullif(trim(supervisions.team_code), ''), 'unmapped') as team_code,
    supervisions.load_id,
    supervisions.row_number
from {{ ref('stg_workforce__supervision') }} as supervisions
cross join {{ ref('stg_control__run') }} as run
inner join {{ ref('stg_control__worker_keys') }} as workers on supervisions.worker_id = workers.worker_id
left join {{ ref('int_children__identities') }} as children on supervisions.child_id = children.child_id
