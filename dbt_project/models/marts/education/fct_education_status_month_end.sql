-- Children whose education was out of the ordinary at a month end, or who had a timetable of the virtual school: what begins by the
-- reference date and has not ended by it is open (what ends on the day is closed). Children of whom nothing is open have no row.
-- Hours a week are those of all timetables open that day together; they are kept for children looked after only.
with

timetables as (
    select
        children.child_key,
        timetables.provision,
        timetables.hours_per_week,
        timetables.timetable_start_date as start_date,
        {{ by_as_at('timetables.timetable_end_date') }} as end_date
    from {{ ref('stg_education__virtual_school_timetable') }} as timetables
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on timetables.child_id = children.child_id
    where timetables.timetable_start_date <= run.as_at
),

circumstances as (
    select
        child_key,
        'missing_education' as circumstance,
        start_date,
        end_date,
        cast(null as decimal(18, 4)) as hours_per_week
    from {{ ref('fct_missing_education') }}
    union all
    select
        child_key,
        'home_education' as circumstance,
        start_date,
        end_date,
        cast(null as decimal(18, 4)) as hours_per_week
    from {{ ref('fct_home_education') }}
    union all
    select
        child_key,
        'ehcp' as circumstance,
        plan_start_date as start_date,
        plan_end_date as end_date,
        cast(null as decimal(18, 4)) as hours_per_week
    from {{ ref('fct_ehcp_plans') }}
    where plan_start_date is not null
    union all
    select
        child_key,
        'permanent_exclusion' as circumstance,
        start_date,
        permanent_exclusion_over_date as end_date,
        cast(null as decimal(18, 4)) as hours_per_week
    from {{ ref('fct_suspensions') }}
    where is_permanent and not is_cancelled
    union all
    select
        child_key,
        case provision when 'reduced_timetable' then 'reduced_timetable' else 'timetable' end as circumstance,
        start_date,
        end_date,
        hours_per_week
    from timetables
),

open_at as (
    select
        month_ends.month,
        month_ends.reference_date,
        circumstances.child_key,
        max(case when circumstances.circumstance = 'missing_education' then 1 else 0 end) = 1 as is_missing_education,
        max(case when circumstances.circumstance = 'home_education' then 1 else 0 end) = 1 as is_home_educated,
        max(case when circumstances.circumstance = 'ehcp' then 1 else 0 end) = 1 as has_ehcp,
        max(case when circumstances.circumstance = 'reduced_timetable' then 1 else 0 end) = 1 as is_on_reduced_timetable,
        max(case when circumstances.circumstance = 'permanent_exclusion' then 1 else 0 end) = 1 as is_permanently_excluded,
        min(case when circumstances.circumstance = 'missing_education' then circumstances.start_date end) as missing_education_start_date,
        min(case when circumstances.circumstance = 'home_education' then circumstances.start_date end) as home_education_start_date,
        cast(sum(circumstances.hours_per_week) as decimal(18, 4)) as hours_per_week
    from circumstances
    inner join {{ ref('int_calendar__month_ends') }} as month_ends
        on
            circumstances.start_date <= month_ends.reference_date
            and {{ end_or_never('circumstances.end_date') }} > month_ends.reference_date
    group by month_ends.month, month_ends.reference_date, circumstances.child_key
)

select
    open_at.month,
    open_at.reference_date,
    open_at.child_key,
    {{ age_in_years('children.date_of_birth', 'open_at.reference_date') }} as age,
    open_at.is_missing_education,
    open_at.is_home_educated,
    open_at.has_ehcp,
    open_at.is_on_reduced_timetable,
    open_at.is_permanently_excluded,
    open_at.missing_education_start_date,
    open_at.home_education_start_date,
    open_at.hours_per_week,
    {{ allocation_columns() }}
from open_at
inner join {{ ref('dim_child') }} as children on open_at.child_key = children.child_key
{{ allocation_joins('open_at', 'open_at.reference_date') }}
