select
    households.household_key,
    households.household_id,
    households.household_kind,
    households.household_group,
    households.household_status,
    households.temporary_start_date,
    households.approved_date,
    households.start_date,
    households.ended_date,
    households.end_reason,
    households.approved_places,
    households.places_on_hold,
    households.age_from,
    households.age_to,
    households.carers_count,
    {{ team_columns() }},
    households.load_id,
    households.row_number
from {{ ref('int_fostering__households') }} as households
{{ team_joins('households', 'coalesce(households.ended_date, households.snapshot_date)') }}
