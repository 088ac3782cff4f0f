-- Arrangements open at each month end: notified and begun by then, and not ended. The next visit is due as the last one makes it, of a
-- child not visited yet as the notification does.
with

known_to as (
    {{ known_to('private_fostering', 'visits') }}
),

open_then as (
    select
        month_ends.month,
        month_ends.reference_date,
        arrangements.private_arrangement_key,
        arrangements.child_key,
        arrangements.notified_date,
        arrangements.counted_from_date,
        arrangements.first_visit_due_date,
        arrangements.first_visit_in_time_until,
        arrangements.team_code,
        arrangements.service_code,
        arrangements.load_id,
        arrangements.row_number
    from {{ ref('fct_private_fostering_arrangements') }} as arrangements
    inner join {{ ref('int_calendar__month_ends') }} as month_ends
        on
            arrangements.notified_date <= month_ends.reference_date
            and arrangements.counted_from_date <= month_ends.reference_date
            and {{ end_or_never('arrangements.end_date') }} > month_ends.reference_date
),

last_visits as (
    select
        open_then.private_arrangement_key,
        open_then.month,
        visits.visit_date,
        visits.next_due_date,
        row_number() over (
            partition by open_then.private_arrangement_key, open_then.month
            order by visits.visit_date desc, visits.private_visit_key asc
        ) as place
    from open_then
    inner join {{ ref('fct_private_fostering_visits') }} as visits
        on
            open_then.private_arrangement_key = visits.private_arrangement_key
            and open_then.reference_date >= visits.visit_date
)

select
    open_then.month,
    open_then.reference_date,
    open_then.private_arrangement_key,
    open_then.child_key,
    {{ days_between('open_then.counted_from_date', 'open_then.reference_date') }} as days_open,
    last_visits.visit_date as last_visit_date,
    case when last_visits.visit_date is null then open_then.first_visit_due_date else last_visits.next_due_date end as visit_due_date,
    not {{ is_overdue(
        '(case when last_visits.visit_date is null then open_then.first_visit_in_time_until else last_visits.next_due_date end)',
        'open_then.reference_date', 'known_to.known_to'
    ) }} as is_visit_in_time,
    open_then.team_code,
    open_then.service_code,
    open_then.load_id,
    open_then.row_number
from open_then
cross join known_to
left join last_visits
    on
        open_then.private_arrangement_key = last_visits.private_arrangement_key
        and open_then.month = last_visits.month
        and last_visits.place = 1
