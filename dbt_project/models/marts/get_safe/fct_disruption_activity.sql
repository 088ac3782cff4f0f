-- One row per activity against exploitation in a place or by a person; no child is named in it.
select
    {{ row_key(["'disruption'", 'activities.disruption_id']) }} as disruption_key,
    activities.disruption_date,
    activities.disruption_kind,
    activities.location_type,
    activities.exploitation_type,
    {{ exploitation_group('activities.exploitation_type') }} as exploitation_group,
    activities.lead_agency,
    activities.children_concerned,
    activities.outcome,
    activities.load_id,
    activities.row_number
from {{ ref('stg_get_safe__disruption_activity') }} as activities
cross join {{ ref('stg_control__run') }} as run
where activities.disruption_date <= run.as_at
