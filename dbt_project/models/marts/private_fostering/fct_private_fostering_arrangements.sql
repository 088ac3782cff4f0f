-- Arrangements that the authority had been notified of by the as-at date, begun or to begin. The first visit of whatever kind is due
-- by the practice standard private_fostering_visit, counted from the first notification; it falls away when the arrangement ended by
-- the day it was due.
with

known_to as (
    {{ known_to('private_fostering', 'visits') }}
),

visits as (
    select
        visits.arrangement_id,
        children.child_key,
        min(visits.private_visit_date) as first_visit_date
    from {{ ref('stg_private_fostering__visits') }} as visits
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on visits.child_id = children.child_id
    where visits.private_visit_date <= run.as_at
    group by visits.arrangement_id, children.child_key
),

arrangements as (
    select
        children.child_key,
        children.date_of_birth,
        arrangements.arrangement_id,
        arrangements.arrangement_notified_date as notified_date,
        arrangements.arrangement_start_date as start_date,
        arrangements.arrangement_expected_end_date as expected_end_date,
        {{ by_as_at('arrangements.arrangement_end_date') }} as end_date,
        {{ by_as_at('arrangements.arrangement_end_date', 'arrangements.arrangement_end_reason') }} as end_reason,
        arrangements.arrangement_reason,
        arrangements.born_abroad,
        visits.first_visit_date,
        arrangements.team_code as team_name,
        arrangements.snapshot_date,
        arrangements.load_id,
        arrangements.row_number
    from {{ ref('stg_private_fostering__arrangements') }} as arrangements
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on arrangements.child_id = children.child_id
    left join visits on arrangements.arrangement_id = visits.arrangement_id and children.child_key = visits.child_key
    where arrangements.arrangement_notified_date <= run.as_at
)

select
    {{ row_key(['arrangements.child_key', 'arrangements.arrangement_id']) }} as private_arrangement_key,
    arrangements.child_key,
    arrangements.notified_date,
    arrangements.start_date,
    -- an arrangement of which no beginning is recorded had begun when it was notified
    coalesce(arrangements.start_date, arrangements.notified_date) as counted_from_date,
    arrangements.expected_end_date,
    arrangements.end_date,
    arrangements.end_reason,
    arrangements.arrangement_reason,
    case arrangements.born_abroad when 'yes' then true when 'no' then false end as is_born_abroad,
    arrangements.first_visit_date,
    {{ due_after('arrangements.notified_date', 'visit_standard') }} as first_visit_due_date,
    {{ in_time_until('arrangements.notified_date', 'visit_standard') }} as first_visit_in_time_until,
    {{ done_in_time(
        'arrangements.first_visit_date', in_time_until('arrangements.notified_date', 'visit_standard'), 'known_to.known_to',
        'arrangements.end_date'
    ) }} as is_first_visit_in_time,
    {{ age_in_years('arrangements.date_of_birth', 'arrangements.notified_date') }} as age,
    {{ team_columns() }},
    arrangements.load_id,
    arrangements.row_number
from arrangements
cross join known_to
{{ standard_join('private_fostering_visit', 'arrangements.notified_date', 'visit_standard') }}
{{ due_joins('arrangements.notified_date', 'visit_standard') }}
{{ team_joins('arrangements', 'coalesce(arrangements.end_date, arrangements.snapshot_date)') }}
