-- Reduced timetables of children looked after that have begun. A timetable that ends on the as-at day is closed; a review is not
-- owed for one that ended by the day the review was due.
with

timetables as (
    select
        children.child_key,
        timetables.timetable_id,
        timetables.timetable_start_date as start_date,
        {{ by_as_at('timetables.timetable_end_date') }} as end_date,
        timetables.hours_per_week,
        timetables.timetable_reason as reason,
        timetables.agreed_by_virtual_school,
        timetables.timetable_review_due_date as review_due_date,
        {{ by_as_at('timetables.timetable_reviewed_date') }} as reviewed_date,
        timetables.planned_full_time_date,
        timetables.school_urn,
        {{ reference_day('timetables') }} as known_to,
        run.as_at,
        timetables.load_id,
        timetables.row_number
    from {{ ref('stg_education__virtual_school_timetable') }} as timetables
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on timetables.child_id = children.child_id
    where timetables.provision = 'reduced_timetable' and timetables.timetable_start_date <= run.as_at
)

select
    {{ row_key(['timetables.child_key', 'timetables.timetable_id']) }} as reduced_timetable_key,
    timetables.child_key,
    timetables.start_date,
    timetables.end_date,
    {{ days_between('timetables.start_date', 'coalesce(timetables.end_date, timetables.as_at)') }} as days_on_timetable,
    timetables.hours_per_week,
    timetables.reason,
    {{ answered_yes('timetables.agreed_by_virtual_school') }} as is_agreed_by_virtual_school,
    timetables.review_due_date,
    timetables.reviewed_date,
    {{ done_in_time('timetables.reviewed_date', 'timetables.review_due_date', 'timetables.known_to', 'timetables.end_date') }}
        as is_review_in_time,
    timetables.planned_full_time_date,
    timetables.school_urn,
    {{ allocation_columns() }},
    timetables.load_id,
    timetables.row_number
from timetables
{{ allocation_joins('timetables', 'timetables.start_date') }}
