-- Visits held to privately fostered children, with the day by which they make the next one due. In the first year of the arrangement
-- that is the day the practice standard private_fostering_first_year_visit gives; an interval that ends after the first year is one of
-- the later years, and private_fostering_later_visit holds.
with

visits as (
    select
        arrangements.private_arrangement_key,
        arrangements.child_key,
        arrangements.counted_from_date,
        visits.private_visit_id,
        visits.private_visit_kind as visit_kind,
        visits.private_visit_date as visit_date,
        visits.private_visit_due_date as recorded_due_date,
        visits.child_seen,
        visits.child_seen_alone,
        {{ by_as_at('visits.private_visit_recorded_date') }} as recorded_date,
        arrangements.team_code,
        arrangements.service_code,
        visits.load_id,
        visits.row_number
    from {{ ref('stg_private_fostering__visits') }} as visits
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on visits.child_id = children.child_id
    inner join {{ ref('fct_private_fostering_arrangements') }} as arrangements
        on {{ row_key(['children.child_key', 'visits.arrangement_id']) }} = arrangements.private_arrangement_key
    where visits.private_visit_date <= run.as_at
),

due as (
    select
        visits.private_arrangement_key,
        visits.child_key,
        visits.private_visit_id,
        visits.visit_kind,
        visits.visit_date,
        visits.recorded_due_date,
        visits.child_seen,
        visits.child_seen_alone,
        visits.recorded_date,
        visits.team_code,
        visits.service_code,
        visits.load_id,
        visits.row_number,
        case
            when
                {{ due_after('visits.visit_date', 'first_year') }} <= {{ add_months('visits.counted_from_date', 12) }}
                then {{ due_after('visits.visit_date', 'first_year') }}
            else {{ due_after('visits.visit_date', 'later') }}
        end as next_due_date
    from visits
    {{ standard_join('private_fostering_first_year_visit', 'visits.visit_date', 'first_year') }}
    {{ due_joins('visits.visit_date', 'first_year') }}
    {{ standard_join('private_fostering_later_visit', 'visits.visit_date', 'later') }}
    {{ due_joins('visits.visit_date', 'later') }}
)

select
    {{ row_key(['child_key', 'private_visit_id']) }} as private_visit_key,
    private_arrangement_key,
    child_key,
    visit_kind,
    visit_date,
    lag(visit_date) over (partition by private_arrangement_key order by visit_date, private_visit_id) as previous_visit_date,
    recorded_due_date,
    next_due_date,
    {{ answered_yes('child_seen') }} as is_child_seen,
    case child_seen_alone when 'yes' then true when 'no' then false end as is_child_seen_alone,
    recorded_date,
    team_code,
    service_code,
    load_id,
    row_number
from due
