-- One row per complaint and stage asked for by the as-at date, with the days by which the rules in force when it was asked for
-- want it answered (complaints.complaint_stage_rules: dated, per procedure and stage; without a rule nothing is due). Day 0 is the
-- start of the clock as the start rule tells it; a complaint suspended for court proceedings starts anew on the day it is taken up
-- again, and has no clock while it is suspended. Stage 3 is answered by its panel being held; the panel's report and the
-- authority's answer to it have days of their own. The day granted is the day the answer was put off to, never later than the
-- extended limit. What is withdrawn or closed by the day it was due falls away.
with

known as (
    {{ known_to('complaints', 'complaint_stages') }}
),

stages as (
    select
        complaints.complaint_key,
        complaints.child_key,
        complaints.procedure,
        complaints.status,
        complaints.complainant_type,
        complaints.closed_date,
        complaints.service_code,
        complaints.team_code,
        stages.stage,
        stages.requested_date,
        stages.extended_to_date,
        stages.outcome,
        stages.load_id,
        stages.row_number,
        run.as_at,
        {{ by_as_at('stages.responded_date') }} as responded_date,
        {{ by_as_at('stages.panel_date') }} as panel_date,
        {{ by_as_at('stages.panel_report_date') }} as panel_report_date,
        {{ by_as_at('stages.authority_response_date') }} as authority_response_date,
        {{ by_as_at('case when stages.stage = 3 then stages.panel_date else stages.responded_date end') }} as answered_date,
        -- answered before it was taken up again the restart is none of the stage's; afterwards its answer does not undo it
        case
            when
                case when stages.stage = 3 then stages.panel_date else stages.responded_date end <= run.as_at
                and (
                    complaints.resumed_date is null
                    or case when stages.stage = 3 then stages.panel_date else stages.responded_date end < complaints.resumed_date
                )
                then stages.clock_start_date
            when complaints.is_suspended then null
            when complaints.resumed_date > stages.clock_start_date then complaints.resumed_date
            when stages.clock_start_date <= run.as_at then stages.clock_start_date
        end as clock_start_date
    from {{ ref('stg_complaints__complaint_stages') }} as stages
    inner join {{ ref('stg_control__complaint_keys') }} as keys on stages.complaint_id = keys.complaint_id
    inner join {{ ref('fct_complaints') }} as complaints on keys.complaint_key = complaints.complaint_key
    cross join {{ ref('stg_control__run') }} as run
    where stages.requested_date <= run.as_at
),

rules as (
    select
        procedure,
        stage,
        working_days,
        extended_working_days,
        escalation_working_days,
        panel_report_working_days,
        authority_response_working_days,
        start_rule,
        valid_from,
        {{ end_or_never('valid_to') }} as valid_to
    from {{ ref('stg_complaints__complaint_stage_rules') }}
),

-- a day off after the last working day is still in time, since no working day has passed
working_days as (
    select
        date_day,
        working_day_index,
        last_day_of_index
    from {{ ref('dim_date') }}
    where is_working_day
),

due as (
    select
        stages.complaint_key,
        stages.child_key,
        stages.procedure,
        stages.status,
        stages.complainant_type,
        stages.closed_date,
        stages.service_code,
        stages.team_code,
        stages.stage,
        stages.requested_date,
        stages.clock_start_date,
        stages.extended_to_date,
        stages.answered_date,
        stages.responded_date,
        stages.panel_date,
        stages.panel_report_date,
        stages.authority_response_date,
        stages.outcome,
        stages.load_id,
        stages.row_number,
        stages.as_at,
        rules.start_rule,
        known.known_to,
        answered.working_day_index - started.working_day_index as working_days_to_answer,
        first_due.date_day as due_date,
        first_due.last_day_of_index as in_time_until,
        coalesce(last_due.date_day, first_due.date_day) as last_due_date,
        coalesce(last_due.last_day_of_index, first_due.last_day_of_index) as last_in_time_until,
        escalation_due.date_day as escalation_until_date,
        escalation_due.last_day_of_index as escalation_in_time_until,
        report_due.date_day as panel_report_due_date,
        report_due.last_day_of_index as report_in_time_until,
        response_due.date_day as authority_response_due_date,
        response_due.last_day_of_index as response_in_time_until
    from stages
    cross join known
    left join rules
        on
            stages.procedure = rules.procedure
            and stages.stage = rules.stage
            and stages.requested_date between rules.valid_from and rules.valid_to
    left join {{ ref('dim_date') }} as started on stages.clock_start_date = started.date_day
    left join {{ ref('dim_date') }} as answered on stages.answered_date = answered.date_day
    left join {{ ref('dim_date') }} as responded on stages.responded_date = responded.date_day
    left join {{ ref('dim_date') }} as panel on stages.panel_date = panel.date_day
    left join {{ ref('dim_date') }} as reported on stages.panel_report_date = reported.date_day
    left join working_days as first_due on first_due.working_day_index = started.working_day_index + rules.working_days
    left join working_days as last_due on last_due.working_day_index = started.working_day_index + rules.extended_working_days
    left join working_days as escalation_due
        on escalation_due.working_day_index = responded.working_day_index + rules.escalation_working_days
    left join working_days as report_due
        on report_due.working_day_index = panel.working_day_index + rules.panel_report_working_days
    left join working_days as response_due
        on response_due.working_day_index = reported.working_day_index + rules.authority_response_working_days
),

-- the day that counts where an answer was put off: that day, within the limit
granted as (
    select
        complaint_key,
        stage,
        case
            when due_date is null then null
            when extended_to_date > due_date then least(extended_to_date, last_due_date)
            else due_date
        end as granted_due_date
    from due
)

select
    {{ row_key(['due.complaint_key', 'due.stage']) }} as complaint_stage_key,
    due.complaint_key,
    due.child_key,
    due.procedure,
    due.status,
    due.complainant_type,
    cast(due.stage as integer) as stage,
    due.requested_date,
    due.start_rule,
    due.clock_start_date,
    due.due_date,
    due.extended_to_date,
    granted.granted_due_date,
    due.last_due_date,
    due.answered_date,
    due.working_days_to_answer,
    -- closed without an answer though neither withdrawn nor declined: its day is missing
    due.answered_date is null and due.closed_date is not null and due.status = 'accepted' as is_answer_not_recorded,
    {{ done_in_time('due.answered_date', 'due.in_time_until', 'due.known_to', 'due.closed_date') }} as is_in_time,
    case
        when granted.granted_due_date = due.due_date
            then {{ done_in_time('due.answered_date', 'due.in_time_until', 'due.known_to', 'due.closed_date') }}
        else {{ done_in_time('due.answered_date', 'granted.granted_due_date', 'due.known_to', 'due.closed_date') }}
    end as is_in_granted_time,
    {{ done_in_time('due.answered_date', 'due.last_in_time_until', 'due.known_to', 'due.closed_date') }} as is_in_extended_time,
    case when due.responded_date is not null then due.outcome end as outcome,
    due.responded_date,
    due.escalation_until_date,
    next_stages.requested_date as next_stage_requested_date,
    case
        when due.escalation_until_date <= due.known_to
            then coalesce(next_stages.requested_date <= due.escalation_in_time_until, false)
    end as is_escalated,
    due.panel_date,
    due.panel_report_due_date,
    due.panel_report_date,
    {{ done_in_time('due.panel_report_date', 'due.report_in_time_until', 'due.known_to') }} as is_panel_report_in_time,
    due.authority_response_due_date,
    due.authority_response_date,
    {{ done_in_time('due.authority_response_date', 'due.response_in_time_until', 'due.known_to') }} as is_authority_response_in_time,
    due.service_code,
    due.team_code,
    due.load_id,
    due.row_number
from due
inner join granted on due.complaint_key = granted.complaint_key and due.stage = granted.stage
left join stages as next_stages on due.complaint_key = next_stages.complaint_key and due.stage + 1 = next_stages.stage
