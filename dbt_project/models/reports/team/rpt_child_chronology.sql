-- What happened to each child, day by day, over all facts that have happened by the as-at date; which events, and the order of those
-- of one day, say the entries of macros/chronology.sql. It is the child's as known under one key: two numbers of one child are
-- one chronology, and the identities before and after an adoption are two, for no fact is in both.
with

events as (
    {{ chronology_union() }}
)

select
    events.event_key,
    events.child_key,
    children.child_id,
    row_number() over (
        partition by events.child_key order by events.event_date, events.place_on_day, events.event_key
    ) as event_number,
    events.event_date,
    events.event_type,
    events.event,
    events.team_code,
    events.service_code,
    events.source_route
from events
inner join {{ ref('dim_child') }} as children on events.child_key = children.child_key
cross join {{ ref('stg_control__run') }} as run
where events.event_date <= run.as_at
