-- Visits held to households. A supervisory visit is in time against the day the service set for it; how often unannounced visits
-- are owed is counted by household (fct_fostering_households_month_end), so a single one is neither in time nor late.
with

visits as (
    select
        'supervision' as visit_kind,
        supervision.household_id,
        supervision.supervision_visit_id as visit_id,
        supervision.supervision_visit_date as visit_date,
        supervision.supervision_due_date as due_date,
        supervision.supervision_recorded_date as recorded_date,
        supervision.record_shared_with_carers,
        cast(null as varchar) as access_given,
        cast(null as varchar) as children_seen,
        cast(null as varchar) as concern_raised,
        supervision.team_code as team_name,
        supervision.snapshot_date,
        supervision.load_id,
        supervision.row_number
    from {{ ref('stg_fostering__supervision_visits') }} as supervision
    union all
    select
        'unannounced' as visit_kind,
        unannounced.household_id,
        unannounced.unannounced_visit_id as visit_id,
        unannounced.unannounced_visit_date as visit_date,
        cast(null as date) as due_date,
        cast(null as date) as recorded_date,
        cast(null as varchar) as record_shared_with_carers,
        unannounced.access_given,
        unannounced.children_seen,
        unannounced.concern_raised,
        unannounced.team_code as team_name,
        unannounced.snapshot_date,
        unannounced.load_id,
        unannounced.row_number
    from {{ ref('stg_fostering__unannounced_visits') }} as unannounced
),

held as (
    select
        households.household_key,
        households.household_kind,
        households.household_group,
        visits.visit_kind,
        visits.visit_id,
        visits.visit_date,
        visits.due_date,
        {{ by_as_at('visits.recorded_date') }} as recorded_date,
        visits.record_shared_with_carers,
        visits.access_given,
        visits.children_seen,
        visits.concern_raised,
        visits.team_name,
        lag(visits.visit_date) over (
            partition by households.household_key, visits.visit_kind
            order by visits.visit_date, visits.visit_id
        ) as previous_visit_date,
        visits.snapshot_date,
        visits.load_id,
        visits.row_number
    from visits
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_fostering__households') }} as households on visits.household_id = households.household_id
    where visits.visit_date <= run.as_at
)

select
    {{ row_key(['held.household_key', 'held.visit_kind', 'held.visit_id']) }} as fostering_visit_key,
    held.household_key,
    held.household_kind,
    held.household_group,
    held.visit_kind,
    held.visit_date,
    held.previous_visit_date,
    {{ days_between('held.previous_visit_date', 'held.visit_date') }} as days_since_previous,
    held.due_date,
    held.visit_date <= held.due_date as is_in_time,
    held.recorded_date,
    {{ answered_yes('held.record_shared_with_carers') }} as is_record_shared,
    {{ answered_yes('held.access_given') }} as is_access_given,
    {{ answered_yes('held.children_seen') }} as is_children_seen,
    {{ answered_yes('held.concern_raised') }} as is_concern_raised,
    {{ team_columns() }},
    held.load_id,
    held.row_number
from held
{{ team_joins('held', 'held.visit_date') }}
