-- The initial health assessment owed to each child who came into care: one row per period of care. It is judged when the child
-- was still looked after on the day it was due; of one held later the first counts. Periods that began before the first day the
-- checks cover are not judged.
with

periods as (
    select
        periods.cla_key,
        periods.child_key,
        periods.start_date,
        periods.end_date,
        lead(periods.start_date) over (partition by periods.child_key order by periods.start_date) as next_start_date,
        periods.team_code,
        periods.service_code
    from {{ ref('fct_cla_periods') }} as periods
    where not periods.is_short_breaks
),

assessments as (
    select
        periods.cla_key,
        min(checks.held_date) as assessment_date
    from periods
    inner join {{ ref('fct_cla_health_checks') }} as checks
        on
            periods.child_key = checks.child_key
            and periods.start_date <= checks.held_date
            and {{ end_or_never('periods.next_start_date') }} > checks.held_date
    where checks.is_initial_assessment
    group by periods.cla_key
),

covered as (
    select
        min(covered_from) as covered_from,
        max(covered_to) as known_to
    from {{ ref('int_control__coverage') }}
    where source = 'ssd' and table_name = 'cla_health'
),

due as (
    select
        periods.cla_key,
        periods.child_key,
        periods.start_date,
        periods.end_date,
        {{ due_after('periods.start_date', 'standard') }} as due_date,
        {{ in_time_until('periods.start_date', 'standard') }} as in_time_until,
        standard_from.working_day_index as start_index,
        periods.team_code,
        periods.service_code
    from periods
    cross join covered
    {{ standard_join('initial_health_assessment', 'periods.start_date', 'standard') }}
    {{ due_joins('periods.start_date', 'standard') }}
    where periods.start_date >= covered.covered_from
)

select
    due.cla_key,
    due.child_key,
    due.start_date,
    due.end_date,
    due.due_date,
    due.in_time_until,
    assessments.assessment_date,
    cast(assessment_day.working_day_index - due.start_index as integer) as working_days_to_assessment,
    due.due_date is not null and coalesce(due.end_date >= due.due_date, true) as is_owed,
    case
        when due.due_date is null or due.end_date < due.due_date then null
        when assessments.assessment_date <= due.in_time_until then true
        when assessments.assessment_date > due.in_time_until or due.in_time_until <= covered.known_to then false
    end as is_in_time,
    due.team_code,
    due.service_code
from due
cross join covered
left join assessments on due.cla_key = assessments.cla_key
left join {{ ref('dim_date') }} as assessment_day on assessments.assessment_date = assessment_day.date_day
