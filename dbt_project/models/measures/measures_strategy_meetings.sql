-- One row per strategy meeting held, however many children it was about.
with

meetings as (
    select
        strategy_meeting_key,
        min(meeting_date) as meeting_date,
        -- the minutes may say it of one child's row only
        max(case is_quorate when true then 1 when false then 0 end) as quorate,
        max(case when team_code <> 'unmapped' then team_code end) as team_code,
        max(case when team_code <> 'unmapped' then service_code end) as service_code
    from {{ ref('fct_strategy_meetings') }}
    where is_held
    group by strategy_meeting_key
)

select
    {{ kpi_plain_item_columns('meetings', 'strategy_meeting_key', 'meeting_date', 'cast(null as varchar)') }}
    1 as is_meeting,
    {{ kpi_flag('meetings.quorate = 1') }} as is_quorate,
    {{ kpi_flag('meetings.quorate is null') }} as is_quorum_not_recorded
from meetings
{{ kpi_plain_item_joins('meetings', 'meeting_date') }}
