-- Children in pre-proceedings at each month end, one row per child: of two periods that run side by side the one that began first.
-- What ends on the day is closed. The time is that on the day, not the one the period went on to take.
with

open_periods as (
    select
        month_ends.month,
        month_ends.reference_date,
        periods.pre_proceedings_key,
        periods.child_key,
        periods.decision_date,
        row_number() over (
            partition by month_ends.month, periods.child_key order by periods.decision_date, periods.pre_proceedings_key
        ) as place
    from {{ ref('fct_pre_proceedings') }} as periods
    inner join {{ ref('int_calendar__month_ends') }} as month_ends
        on
            periods.decision_date <= month_ends.reference_date
            and {{ end_or_never('periods.end_date') }} > month_ends.reference_date
)

select
    open_periods.month,
    open_periods.reference_date,
    open_periods.pre_proceedings_key,
    open_periods.child_key,
    open_periods.decision_date,
    {{ days_between('open_periods.decision_date', 'open_periods.reference_date') }} as days_in_pre_proceedings,
    cast(
        floor({{ days_between('open_periods.decision_date', 'open_periods.reference_date') }} / 7.0) as integer
    ) as weeks_in_pre_proceedings,
    {{ due_after('open_periods.decision_date', 'length_standard') }} as due_date,
    {{ due_after('open_periods.decision_date', 'length_standard') }} < open_periods.reference_date as is_past_due_date,
    {{ allocation_columns() }}
from open_periods
{{ standard_join('pre_proceedings', 'open_periods.decision_date', 'length_standard') }}
{{ due_joins('open_periods.decision_date', 'length_standard') }}
{{ allocation_joins('open_periods', 'open_periods.reference_date') }}
where open_periods.place = 1
