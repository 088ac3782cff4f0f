-- The first personal education plan owed to each child of school age who came into care: one row per period of care. It is due on
-- the day the virtual school set; where it recorded no plan, after as many school days from the start of care (day 0) as the
-- standard gives. What was not begun by the end of care is owed no more, unless the due day passed before.
with

school_days as (
    select
        date_day,
        is_school_day,
        sum(case when is_school_day then 1 else 0 end) over (
            order by date_day rows between unbounded preceding and current row
        ) as school_day_index
    from {{ ref('dim_date') }}
    where is_school_day is not null
),

periods as (
    select
        periods.cla_key,
        periods.child_key,
        periods.start_date,
        periods.end_date,
        lead(periods.start_date) over (partition by periods.child_key order by periods.start_date) as next_start_date,
        {{ is_of_school_age('children.date_of_birth', 'periods.start_date') }} as is_of_school_age,
        periods.team_code,
        periods.service_code
    from {{ ref('fct_cla_periods') }} as periods
    inner join {{ ref('dim_child') }} as children on periods.child_key = children.child_key
    where not periods.is_short_breaks
),

first_plans as (
    select
        periods.cla_key,
        peps.due_date,
        peps.started_date,
        peps.completed_date,
        row_number() over (partition by periods.cla_key order by peps.due_date, peps.pep_key) as place
    from periods
    inner join {{ ref('fct_peps') }} as peps
        on
            periods.child_key = peps.child_key
            and periods.start_date <= peps.due_date
            and {{ end_or_never('periods.next_start_date') }} > peps.due_date
    where peps.is_initial_plan
),

due as (
    select
        periods.cla_key,
        periods.child_key,
        periods.start_date,
        periods.end_date,
        coalesce(first_plans.due_date, due_day.date_day) as due_date,
        first_plans.cla_key is not null as is_plan_recorded,
        first_plans.started_date,
        first_plans.completed_date,
        periods.team_code,
        periods.service_code
    from periods
    left join first_plans on periods.cla_key = first_plans.cla_key and first_plans.place = 1
    {{ standard_join('personal_education_plan', 'periods.start_date', 'plan_standard') }}
    left join school_days as start_day on periods.start_date = start_day.date_day
    left join school_days as due_day
        on
            due_day.is_school_day
            and due_day.school_day_index = start_day.school_day_index + plan_standard.timescale
    where periods.is_of_school_age
),

known as (
    {{ known_to('education', 'peps') }}
)

select
    due.cla_key,
    due.child_key,
    due.start_date,
    due.end_date,
    due.due_date,
    due.is_plan_recorded,
    due.started_date,
    due.completed_date,
    {{ done_in_time('due.started_date', 'due.due_date', 'known.known_to', 'due.end_date') }} as is_started_in_time,
    due.team_code,
    due.service_code
from due
cross join known
