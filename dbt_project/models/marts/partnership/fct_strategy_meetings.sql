-- One row per strategy meeting and child discussed. Whether it was quorate is told by the attendance of the agencies that make the quorum
-- (macros/partnership.sql); the minutes are believed where no attendance is held. Meetings arranged for after the as-at date are none yet.
with

attendance as (
    select
        strategy_meeting_id,
        count(distinct case when attended = 'yes' then agency end) as agencies_attended,
        count(distinct case when attended = 'yes' and {{ is_quorum_agency('agency') }} then agency end) as quorum_agencies_attended,
        count(attended) as answers
    from {{ ref('stg_partnership__meeting_attendance') }}
    group by strategy_meeting_id
),

meetings as (
    select
        children.child_key,
        meetings.strategy_meeting_id,
        keys.strategy_meeting_key,
        meetings.meeting_date,
        meetings.held,
        meetings.quorate,
        meetings.enquiry_agreed,
        meetings.team_code as team_name,
        meetings.snapshot_date,
        meetings.load_id,
        meetings.row_number
    from {{ ref('stg_partnership__strategy_meetings') }} as meetings
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('stg_control__strategy_meeting_keys') }} as keys on meetings.strategy_meeting_id = keys.strategy_meeting_id
    inner join {{ ref('int_children__identities') }} as children on meetings.child_id = children.child_id
    where meetings.meeting_date <= run.as_at
)

select
    {{ row_key(['meetings.child_key', 'meetings.strategy_meeting_key']) }} as strategy_meeting_child_key,
    meetings.strategy_meeting_key,
    meetings.child_key,
    meetings.meeting_date,
    -- who came tells that it was held, where nobody said so
    coalesce(meetings.held = 'yes', attendance.agencies_attended > 0, false) as is_held,
    attendance.agencies_attended,
    attendance.quorum_agencies_attended,
    case
        when attendance.answers > 0 then attendance.quorum_agencies_attended = {{ quorum_size() }}
        when meetings.quorate = 'yes' then true
        when meetings.quorate = 'no' then false
    end as is_quorate,
    {{ answered_yes('meetings.enquiry_agreed') }} as is_enquiry_agreed,
    {{ team_or_allocation_columns() }},
    meetings.load_id,
    meetings.row_number
from meetings
left join attendance on meetings.strategy_meeting_id = attendance.strategy_meeting_id
{{ team_joins('meetings', 'meetings.meeting_date') }}
{{ allocation_joins('meetings', 'meetings.meeting_date') }}
