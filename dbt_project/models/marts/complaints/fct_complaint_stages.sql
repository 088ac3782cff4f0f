-- One row per complaint and stage asked for by the as-at date, with the days by which the rules in force when it was asked for
-- want it answered. The rules are dated, per procedure and stage (complaints.complaint_stage_rules): they say what day 0 is, what
-- becomes of the clock after a suspension, and which practice standards of the register (reference.practice_standards) set the
-- times. Without a rule, or without its standard, nothing is due.
-- A complaint suspended for court proceedings has no clock while it is suspended. Taken up again, its clock starts anew on that
-- day or goes on where it stopped, as the rule says; the working days in between are counted for nothing. A stage answered before
-- it was taken up again is none of this.
-- Stage 3 is answered by its panel being held; the panel's report and the authority's answer to it have days of their own. The day
-- granted is the day the answer was put off to, never later than the extended limit. What is withdrawn or closed by the day it was
-- due falls away.
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
        complaints.suspended_date,
        complaints.resumed_date,
        complaints.is_suspended,
        complaints.closed_date,
        complaints.service_code,
        complaints.team_code,
        stages.stage,
        stages.requested_date,
        stages.extended_to_date,
        stages.extension_reason,
        stages.outcome,
        stages.load_id,
        stages.row_number,
        {{ by_as_at('stages.clock_start_date') }} as recorded_clock_start_date,
        {{ by_as_at('stages.responded_date') }} as responded_date,
        {{ by_as_at('stages.panel_date') }} as panel_date,
        {{ by_as_at('stages.panel_report_date') }} as panel_report_date,
        {{ by_as_at('stages.authority_response_date') }} as authority_response_date,
        {{ by_as_at('case when stages.stage = 3 then stages.panel_date else stages.responded_date end') }} as answered_date
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
        start_rule,
        coalesce(after_suspension, 'goes_on') as after_suspension,
        answer_standard,
        extended_standard,
        escalation_standard,
        panel_report_standard,
        authority_response_standard,
        valid_from,
        {{ end_or_never('valid_to') }} as valid_to
    from {{ ref('stg_complaints__complaint_stage_rules') }}
),

ruled as (
    select
        stages.complaint_key,
        stages.stage,
        stages.requested_date,
        stages.suspended_date,
        stages.resumed_date,
        stages.is_suspended,
        stages.recorded_clock_start_date,
        rules.start_rule,
        rules.after_suspension,
        rules.answer_standard,
        rules.extended_standard,
        rules.escalation_standard,
        rules.panel_report_standard,
        rules.authority_response_standard,
        -- answered before it was taken up again the suspension is none of the stage's; afterwards its answer does not undo it
        coalesce(stages.answered_date >= stages.resumed_date, stages.answered_date is null)
        and coalesce(stages.is_suspended or stages.resumed_date > stages.recorded_clock_start_date, false) as is_stopped
    from stages
    left join rules
        on
            stages.procedure = rules.procedure
            and stages.stage = rules.stage
            and stages.requested_date between rules.valid_from and rules.valid_to
),

clocks as (
    select
        complaint_key,
        stage,
        requested_date,
        start_rule,
        after_suspension,
        answer_standard,
        extended_standard,
        escalation_standard,
        panel_report_standard,
        authority_response_standard,
        resumed_date,
        case
            when is_stopped and is_suspended then null
            when is_stopped and after_suspension = 'starts_anew' then resumed_date
            else recorded_clock_start_date
        end as clock_start_date,
        case
            when is_stopped and not is_suspended and after_suspension = 'goes_on'
                then greatest(suspended_date, recorded_clock_start_date)
        end as stopped_date
    from ruled
),

-- A clock that goes on is counted as if it had started later by the days it stood still: from the day it was stopped to the day it
-- was taken up again, which is day 0 of the rest.
counted as (
    select
        clocks.complaint_key,
        clocks.stage,
        clocks.requested_date,
        clocks.start_rule,
        clocks.after_suspension,
        clocks.answer_standard,
        clocks.extended_standard,
        clocks.escalation_standard,
        clocks.panel_report_standard,
        clocks.authority_response_standard,
        clocks.clock_start_date,
        coalesce(resumed.working_day_index - stopped.working_day_index, 0) as stopped_working_days,
        case
            when stopped.date_day is null then clocks.clock_start_date
            when answer.timescale_unit = 'working_days' then later_start.date_day
            else {{ add_days('clocks.clock_start_date', days_between('clocks.stopped_date', 'clocks.resumed_date')) }}
        end as counted_from_date
    from clocks
    left join {{ ref('int_control__practice_standards') }} as answer
        on
            clocks.answer_standard = answer.standard
            and clocks.requested_date between answer.valid_from and answer.valid_to
    left join {{ ref('dim_date') }} as stopped on clocks.stopped_date = stopped.date_day
    left join {{ ref('dim_date') }} as resumed on clocks.resumed_date = resumed.date_day
    left join {{ ref('dim_date') }} as started on clocks.clock_start_date = started.date_day
    left join {{ ref('dim_date') }} as later_start
        on
            later_start.is_working_day
            and later_start.working_day_index
            = started.working_day_index + resumed.working_day_index - stopped.working_day_index
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
        counted.start_rule,
        counted.after_suspension,
        counted.clock_start_date,
        counted.stopped_working_days,
        stages.extended_to_date,
        stages.extension_reason,
        stages.answered_date,
        stages.responded_date,
        stages.panel_date,
        stages.panel_report_date,
        stages.authority_response_date,
        stages.outcome,
        stages.load_id,
        stages.row_number,
        known.known_to,
        answered.working_day_index - answer_from.working_day_index as working_days_to_answer,
        {{ due_after('counted.counted_from_date', 'answer') }} as due_date,
        {{ in_time_until('counted.counted_from_date', 'answer') }} as in_time_until,
        coalesce(
            {{ due_after('counted.counted_from_date', 'extended') }}, {{ due_after('counted.counted_from_date', 'answer') }}
        ) as last_due_date,
        coalesce(
            {{ in_time_until('counted.counted_from_date', 'extended') }}, {{ in_time_until('counted.counted_from_date', 'answer') }}
        ) as last_in_time_until,
        {{ due_after('stages.responded_date', 'escalation') }} as escalation_until_date,
        {{ in_time_until('stages.responded_date', 'escalation') }} as escalation_in_time_until,
        {{ due_after('stages.panel_date', 'report') }} as panel_report_due_date,
        {{ in_time_until('stages.panel_date', 'report') }} as report_in_time_until,
        {{ due_after('stages.panel_report_date', 'response') }} as authority_response_due_date,
        {{ in_time_until('stages.panel_report_date', 'response') }} as response_in_time_until
    from stages
    cross join known
    inner join counted on stages.complaint_key = counted.complaint_key and stages.stage = counted.stage
    left join {{ ref('dim_date') }} as answered on stages.answered_date = answered.date_day
    {%- for kind, column, day in [
        ('answer', 'answer_standard', 'counted.counted_from_date'),
        ('extended', 'extended_standard', 'counted.counted_from_date'),
        ('escalation', 'escalation_standard', 'stages.responded_date'),
        ('report', 'panel_report_standard', 'stages.panel_date'),
        ('response', 'authority_response_standard', 'stages.panel_report_date'),
    ] %}
    left join {{ ref('int_control__practice_standards') }} as {{ kind }}
        on
            counted.{{ column }} = {{ kind }}.standard
            and stages.requested_date between {{ kind }}.valid_from and {{ kind }}.valid_to
    {{ due_joins(day, kind) }}
    {%- endfor %}
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
    due.after_suspension,
    due.clock_start_date,
    cast(due.stopped_working_days as integer) as stopped_working_days,
    due.due_date,
    due.extended_to_date,
    coalesce(due.extended_to_date > due.due_date, false) as is_extended,
    case when due.extended_to_date > due.due_date then coalesce(due.extension_reason, 'not_recorded') end as extension_reason,
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
    due.panel_date is not null
    and due.panel_report_date is null
    and due.closed_date is not null
    and due.status = 'accepted' as is_panel_report_not_recorded,
    {{ done_in_time('due.panel_report_date', 'due.report_in_time_until', 'due.known_to', 'due.closed_date') }} as is_panel_report_in_time,
    due.authority_response_due_date,
    due.authority_response_date,
    due.panel_report_date is not null
    and due.authority_response_date is null
    and due.closed_date is not null
    and due.status = 'accepted' as is_authority_response_not_recorded,
    {{ done_in_time('due.authority_response_date', 'due.response_in_time_until', 'due.known_to', 'due.closed_date') }}
        as is_authority_response_in_time,
    due.service_code,
    due.team_code,
    due.load_id,
    due.row_number
from due
inner join granted on due.complaint_key = granted.complaint_key and due.stage = granted.stage
left join stages as next_stages on due.complaint_key = next_stages.complaint_key and due.stage + 1 = next_stages.stage
