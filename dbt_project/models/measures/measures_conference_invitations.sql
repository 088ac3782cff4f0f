-- One row per child protection conference, agency and role of the person invited, however many children it was about.
with

invitations as (
    select
        {{ row_key(['conference_key', 'agency', 'attendee_role']) }} as invitation_key,
        min(conference_date) as conference_date,
        min(conference_kind) as conference_kind,
        agency,
        max({{ kpi_flag('is_invited') }}) as invited,
        max(case is_attended when true then 1 when false then 0 end) as attended,
        max({{ kpi_flag('is_report_requested') }}) as report_requested,
        max({{ kpi_flag('is_report_requested and is_report_submitted') }}) as report_submitted,
        max({{ kpi_flag('is_report_requested and is_report_submitted and is_report_in_time') }}) as report_in_time,
        max({{ kpi_flag('is_report_requested and is_report_submitted is null') }}) as report_not_recorded,
        max(case when team_code <> 'unmapped' then team_code end) as team_code,
        max(case when team_code <> 'unmapped' then service_code end) as service_code
    from {{ ref('fct_conference_attendance') }}
    group by conference_key, agency, attendee_role
)

select
    {{ kpi_plain_item_columns('invitations', 'invitation_key', 'conference_date', 'cast(null as varchar)') }}
    invitations.agency,
    invitations.conference_kind,
    invitations.invited as is_invited,
    {{ kpi_flag('invitations.invited = 1 and invitations.attended = 1') }} as is_attended,
    {{ kpi_flag('invitations.invited = 1 and invitations.attended is null') }} as is_attendance_not_recorded,
    invitations.report_requested as is_report_requested,
    invitations.report_submitted as is_report_submitted,
    invitations.report_in_time as is_report_in_time,
    {{ kpi_flag('invitations.report_not_recorded = 1 and invitations.report_submitted = 0') }} as is_report_not_recorded
from invitations
{{ kpi_plain_item_joins('invitations', 'conference_date') }}
