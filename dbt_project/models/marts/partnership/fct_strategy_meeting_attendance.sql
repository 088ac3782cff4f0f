-- One row per strategy meeting, agency and role of the person invited or present.
with

meetings as (
    select
        strategy_meeting_key,
        min(meeting_date) as meeting_date
    from {{ ref('fct_strategy_meetings') }}
    group by strategy_meeting_key
)

select
    {{ row_key(['meetings.strategy_meeting_key', 'attendance.agency', 'attendance.attendee_role']) }} as attendance_key,
    meetings.strategy_meeting_key,
    meetings.meeting_date,
    attendance.agency,
    {{ is_quorum_agency('attendance.agency') }} as is_quorum_agency,
    attendance.attendee_role,
    {{ answered_yes('attendance.invited') }} as is_invited,
    {{ answered_yes('attendance.attended') }} as is_attended,
    {{ answered_yes('attendance.information_shared') }} as is_information_shared,
    attendance.load_id,
    attendance.row_number
from {{ ref('stg_partnership__meeting_attendance') }} as attendance
inner join {{ ref('stg_control__strategy_meeting_keys') }} as keys on attendance.strategy_meeting_id = keys.strategy_meeting_id
inner join meetings on keys.strategy_meeting_key = meetings.strategy_meeting_key
