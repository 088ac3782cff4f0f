-- Supervision of every open case at each month end, judged there: one row per child in an open episode of need. Due is the practice
-- standard in force, counted from the last supervision in which the case was discussed, or from the start of the episode. Null where
-- nothing can be told: without a standard, and while it reaches back to before the supervisions held begin.
with

known as (
    select
        min(covered_from) as known_from,
        max(covered_to) as known_to
    from {{ ref('int_control__coverage') }}
    where source = 'workforce' and table_name = 'supervision'
),

cases as (
    select
        cases.child_key,
        cases.month,
        cases.reference_date,
        cases.start_date,
        cases.service_code,
        cases.team_code,
        cases.load_id,
        cases.row_number,
        known.known_from,
        known.known_to
    from {{ ref('fct_cin_plans_month_end') }} as cases
    cross join known
    where cases.reference_date between known.known_from and known.known_to
),

last_held as (
    select
        cases.child_key,
        cases.month,
        max(supervisions.held_date) as last_supervision_date,
        max(case when supervisions.is_case_note_recorded then supervisions.held_date end) as last_recorded_supervision_date
    from cases
    inner join {{ ref('fct_supervisions') }} as supervisions
        on
            cases.child_key = supervisions.child_key
            and supervisions.held_date between cases.start_date and cases.reference_date
    group by cases.child_key, cases.month
),

counted as (
    select
        cases.child_key,
        cases.month,
        cases.reference_date,
        cases.start_date,
        cases.service_code,
        cases.team_code,
        cases.load_id,
        cases.row_number,
        cases.known_from,
        last_held.last_supervision_date,
        last_held.last_recorded_supervision_date,
        coalesce(last_held.last_supervision_date, cases.start_date) as counted_from_date,
        coalesce(last_held.last_recorded_supervision_date, cases.start_date) as recorded_counted_from_date
    from cases
    left join last_held on cases.child_key = last_held.child_key and cases.month = last_held.month
),

due as (
    select
        counted.child_key,
        counted.month,
        counted.reference_date,
        counted.start_date,
        counted.service_code,
        counted.team_code,
        counted.load_id,
        counted.row_number,
        counted.last_supervision_date,
        counted.last_recorded_supervision_date,
        {{ due_after('counted.counted_from_date', 'supervision_standard') }} as due_date,
        {{ in_time_until('counted.counted_from_date', 'supervision_standard') }} as in_time_until,
        {{ in_time_until('counted.recorded_counted_from_date', 'recorded_standard') }} as recorded_in_time_until,
        -- while the standard reaches back before the first supervision held, only the cases discussed since would be known
        {{ in_time_until('counted.known_from', 'known_standard') }} > counted.reference_date as is_unknown
    from counted
    {{ standard_join('supervision', 'counted.counted_from_date', 'supervision_standard') }}
    {{ due_joins('counted.counted_from_date', 'supervision_standard') }}
    {{ standard_join('supervision', 'counted.recorded_counted_from_date', 'recorded_standard') }}
    {{ due_joins('counted.recorded_counted_from_date', 'recorded_standard') }}
    {{ standard_join('supervision', 'counted.known_from', 'known_standard') }}
    {{ due_joins('counted.known_from', 'known_standard') }}
)

select
    {{ row_key(['child_key', 'month']) }} as case_supervision_key,
    child_key,
    month,
    reference_date,
    start_date,
    last_supervision_date,
    due_date,
    case
        when is_unknown or in_time_until is null then null
        when last_supervision_date is null and in_time_until >= reference_date then null
        else in_time_until >= reference_date
    end as is_in_time,
    coalesce(not is_unknown and last_supervision_date is null and in_time_until >= reference_date, false) as is_not_yet_due,
    case
        when is_unknown or recorded_in_time_until is null then null
        when last_supervision_date is null and in_time_until >= reference_date then null
        else last_recorded_supervision_date is not null and recorded_in_time_until >= reference_date
    end as is_recorded_in_time,
    service_code,
    team_code,
    load_id,
    row_number
from due
