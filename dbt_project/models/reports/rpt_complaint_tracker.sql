-- The joint tracker: one row per stage of a complaint that is open at the as-at date, with what is awaited, by when, and how many
-- working days are left. Awaited is the answer; at stage 3 the panel, then its report, then the authority's answer to it. The day
-- that counts is the one granted: the day it is due, or to which it was put off within the extended limit.
-- Working days left are counted from the as-at date (day 0) and fall below 0 when it is overdue. The extract speaks of days up to
-- known_to_date only: due after it and before the as-at date, nobody can tell here whether it is overdue (state not_known).
-- How near a day is `due_soon` is a practice standard (complaint_falls_due). Children whose records are restricted are left out.
with

known as (
    {{ known_to('complaints', 'complaint_stages') }}
),

open_stages as (
    select
        stages.complaint_stage_key,
        stages.complaint_key,
        stages.child_key,
        stages.procedure,
        stages.complainant_type,
        stages.stage,
        stages.requested_date,
        stages.start_rule,
        stages.clock_start_date,
        stages.stopped_working_days,
        stages.is_extended,
        case when stages.is_extended then stages.extended_to_date end as extended_to_date,
        stages.extension_reason,
        complaints.received_date,
        complaints.acknowledged_date,
        complaints.is_advocate_offered,
        complaints.is_with_advocate,
        complaints.suspended_date,
        complaints.is_suspended,
        case
            when stages.stage < 3 or stages.panel_date is null then stages.due_date
            when stages.panel_report_date is null then stages.panel_report_due_date
            else stages.authority_response_due_date
        end as first_due_date,
        case
            when stages.stage < 3 or stages.panel_date is null then stages.granted_due_date
            when stages.panel_report_date is null then stages.panel_report_due_date
            else stages.authority_response_due_date
        end as due_date,
        case
            when stages.stage < 3 or stages.panel_date is null then stages.is_in_granted_time
            when stages.panel_report_date is null then stages.is_panel_report_in_time
            else stages.is_authority_response_in_time
        end as is_in_time,
        case
            when stages.stage < 3 then 'answer'
            when stages.panel_date is null then 'panel'
            when stages.panel_report_date is null then 'panel_report'
            else 'authority_response'
        end as awaited,
        stages.service_code,
        stages.team_code
    from {{ ref('fct_complaint_stages') }} as stages
    inner join {{ ref('fct_complaints') }} as complaints on stages.complaint_key = complaints.complaint_key
    where
        complaints.closed_date is null
        and complaints.status in ('accepted', 'suspended_for_court', 'not_recorded')
        and case when stages.stage < 3 then stages.responded_date else stages.authority_response_date end is null
),

numbers as (
    select
        keys.complaint_key,
        source.complaint_id,
        source.child_id
    from {{ ref('stg_complaints__complaints') }} as source
    inner join {{ ref('stg_control__complaint_keys') }} as keys on source.complaint_id = keys.complaint_id
),

horizon as (
    select
        run.as_at,
        {{ due_after('run.as_at', 'soon') }} as soon_until
    from {{ ref('stg_control__run') }} as run
    {{ standard_join('complaint_falls_due', 'run.as_at', 'soon') }}
    {{ due_joins('run.as_at', 'soon') }}
),

counted as (
    select
        weeks.period,
        horizon.as_at as position_date,
        horizon.soon_until,
        known.known_to,
        open_stages.complaint_stage_key,
        due_day.working_day_index - position_day.working_day_index as working_days_left
    from open_stages
    cross join horizon
    cross join known
    inner join {{ ref('dim_period') }} as weeks
        on weeks.basis = 'W' and horizon.as_at between weeks.period_start and weeks.period_end
    left join {{ ref('dim_date') }} as due_day on open_stages.due_date = due_day.date_day
    left join {{ ref('dim_date') }} as position_day on horizon.as_at = position_day.date_day
),

judged as (
    select
        counted.complaint_stage_key,
        case
            when open_stages.is_suspended or open_stages.due_date is null then null
            when open_stages.due_date >= counted.position_date or counted.working_days_left >= 0 then false
            when not open_stages.is_in_time then true
        end as is_overdue,
        case
            when open_stages.is_suspended or open_stages.due_date is null or counted.soon_until is null then null
            else counted.working_days_left >= 0 and open_stages.due_date <= counted.soon_until
        end as is_due_soon
    from counted
    inner join open_stages on counted.complaint_stage_key = open_stages.complaint_stage_key
)

select
    counted.period,
    counted.position_date,
    counted.known_to as known_to_date,
    open_stages.complaint_stage_key,
    numbers.complaint_id,
    open_stages.child_key,
    numbers.child_id,
    open_stages.procedure,
    open_stages.stage,
    open_stages.complainant_type,
    open_stages.is_advocate_offered,
    open_stages.is_with_advocate,
    open_stages.received_date,
    open_stages.acknowledged_date,
    open_stages.requested_date,
    open_stages.start_rule,
    open_stages.clock_start_date,
    open_stages.stopped_working_days,
    open_stages.awaited,
    open_stages.first_due_date,
    open_stages.is_extended,
    open_stages.extended_to_date,
    open_stages.extension_reason,
    open_stages.due_date,
    counted.working_days_left,
    open_stages.is_suspended,
    open_stages.suspended_date,
    judged.is_due_soon,
    judged.is_overdue,
    case
        when open_stages.is_suspended then 'suspended'
        when open_stages.clock_start_date is null then 'clock_not_started'
        when open_stages.due_date is null then 'no_timescale'
        when judged.is_overdue then 'overdue'
        when judged.is_overdue is null then 'not_known'
        when judged.is_due_soon then 'due_soon'
        else 'in_time'
    end as state,
    open_stages.service_code,
    open_stages.team_code
from open_stages
inner join counted on open_stages.complaint_stage_key = counted.complaint_stage_key
inner join judged on open_stages.complaint_stage_key = judged.complaint_stage_key
inner join numbers on open_stages.complaint_key = numbers.complaint_key
left join {{ ref('dim_child') }} as children on open_stages.child_key = children.child_key
where open_stages.child_key is null or children.record_restriction = 'none'
