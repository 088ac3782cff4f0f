-- One row per acknowledgement of good practice recorded on a child's record by the as-at date.
select
    {{ row_key(['children.child_key', 'acknowledgements.acknowledgement_id']) }} as acknowledgement_key,
    children.child_key,
    acknowledgements.recorded_date,
    coalesce(acknowledgements.recorded_by_role, 'unknown') as recorded_by_role,
    coalesce(nullif(trim(acknowledgements.service_code), ''), 'unmapped') as service_code,
    coalesce(nullif(trim(acknowledgements.team_code), ''), 'unmapped') as team_code,
    {{ answered_yes('acknowledgements.alert_sent') }} as is_alert_sent,
    {{ by_as_at('acknowledgements.alert_sent_date') }} as alert_sent_date,
    acknowledgements.load_id,
    acknowledgements.row_number
from {{ ref('stg_quality_assurance__practice_acknowledgements') }} as acknowledgements
inner join {{ ref('stg_control__run') }} as run on acknowledgements.recorded_date <= run.as_at
inner join {{ ref('int_children__identities') }} as children on acknowledgements.child_id = children.child_id
