-- One row per visit: made, missed before the child moved or left care, or the next one that is due. One that was not due yet when
-- the child moved or left has no row. One that fell due after the last day the visits cover may have been made: it is not judged.
-- One made ahead of a day on which the child was no longer there is in time, but was not due in the stay.
with

known as (
    {{ known_to('ssd', 'cla_visits') }}
),

visits as (
    select
        visits.child_key,
        visits.cla_visit_id,
        visits.period_start_date,
        visits.clock_start_date,
        visits.is_first_in_placement,
        visits.visit_date,
        visits.due_date,
        visits.is_child_seen,
        visits.is_child_seen_alone,
        visits.load_id,
        visits.row_number,
        visits.due_date <= {{ end_or_never('visits.period_end_date') }}
        and visits.due_date < {{ end_or_never('visits.next_stay_start_date') }} as is_due_in_stay,
        case
            when visits.visit_date is not null then visits.visit_date <= visits.due_date
            when {{ is_overdue('visits.due_date', 'run.as_at', 'known.known_to') }} then false
        end as is_in_time,
        least(coalesce(visits.visit_date, visits.due_date), run.as_at) as team_day
    from {{ ref('int_children_looked_after__visits') }} as visits
    cross join {{ ref('stg_control__run') }} as run
    cross join known
    where
        visits.visit_date is not null
        or (visits.due_date is not null and visits.clock_end_date is null)
        or visits.due_date < visits.clock_end_date
)

select
    {{ row_key(['visits.child_key', "coalesce(visits.cla_visit_id, 'next')", 'visits.clock_start_date', 'visits.period_start_date']) }}
        as cla_visit_key,
    visits.child_key,
    {{ row_key(['visits.child_key', 'visits.period_start_date']) }} as cla_key,
    visits.clock_start_date,
    visits.is_first_in_placement,
    visits.due_date,
    visits.visit_date,
    {{ days_between('visits.clock_start_date', 'visits.visit_date') }} as days_since,
    visits.is_in_time,
    visits.is_due_in_stay,
    visits.is_child_seen,
    visits.is_child_seen_alone,
    {{ allocation_columns() }},
    visits.load_id,
    visits.row_number
from visits
{{ allocation_joins('visits', 'visits.team_day') }}
