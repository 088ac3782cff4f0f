-- One row per child protection conference, child, agency and role of the person invited. Where attendance is kept for the whole family
-- no child is named. A report is in time by the days, where both are known, else as recorded.
with

attendance as (
    select
        keys.conference_key,
        children.child_key,
        attendance.conference_date,
        coalesce(attendance.conference_kind, 'not_recorded') as conference_kind,
        attendance.agency,
        attendance.attendee_role,
        attendance.invited,
        attendance.attended,
        attendance.report_requested,
        attendance.report_submitted,
        attendance.report_due_date,
        {{ by_as_at('attendance.report_received_date') }} as report_received_date,
        attendance.report_on_time,
        attendance.load_id,
        attendance.row_number,
        -- a child under two numbers is one
        row_number() over (
            partition by keys.conference_key, children.child_key, attendance.agency, attendance.attendee_role
            order by attendance.row_number desc
        ) as place
    from {{ ref('stg_partnership__conference_attendance') }} as attendance
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('stg_control__conference_keys') }} as keys on attendance.conference_id = keys.conference_id
    left join {{ ref('int_children__identities') }} as children on attendance.child_id = children.child_id
    where attendance.conference_date <= run.as_at
)

select
    {{ row_key(['attendance.conference_key', 'attendance.child_key', 'attendance.agency', 'attendance.attendee_role']) }}
        as conference_attendance_key,
    attendance.conference_key,
    attendance.child_key,
    attendance.conference_date,
    attendance.conference_kind,
    attendance.agency,
    attendance.attendee_role,
    case when attendance.invited = 'yes' or attendance.attended = 'yes' then true when attendance.invited = 'no' then false end
        as is_invited,
    {{ answered_yes('attendance.attended') }} as is_attended,
    {{ answered_yes('attendance.report_requested') }} as is_report_requested,
    case
        when attendance.report_submitted = 'yes' or attendance.report_received_date is not null then true
        when attendance.report_submitted = 'no' then false
    end as is_report_submitted,
    attendance.report_due_date,
    attendance.report_received_date,
    coalesce(attendance.report_received_date <= attendance.report_due_date, {{ answered_yes('attendance.report_on_time') }})
        as is_report_in_time,
    {{ allocation_columns() }},
    attendance.load_id,
    attendance.row_number
from attendance
{{ allocation_joins('attendance', 'attendance.conference_date') }}
where attendance.place = 1
