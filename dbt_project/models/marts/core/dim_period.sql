-- Every period a value can be asked for: from the financial year of the first day any load covers, but at least the three and
-- at most the six financial years before that of the as-at date, to the period that contains the as-at date.
with

covered as (
    select min(covered_from) as first_day
    from {{ ref('stg_control__availability') }}
),

bounds as (
    select
        run.as_at,
        greatest(
            {{ add_months('run.as_at', -72) }},
            least({{ add_months(month_start('run.as_at'), -36) }}, coalesce(covered.first_day, run.as_at))
        ) as first_day
    from {{ ref('stg_control__run') }} as run
    cross join covered
),

months as (
    select distinct
        days.month,
        days.quarter,
        days.half,
        days.financial_year,
        days.month_start,
        days.month_end,
        bounds.as_at
    from {{ ref('dim_date') }} as days
    cross join bounds
    where
        days.financial_year >= {{ financial_year_key('bounds.first_day') }}
        and days.financial_year <= {{ financial_year_key('bounds.as_at') }}
),

years as (
    select
        financial_year,
        min(month_start) as year_start
    from months
    group by financial_year
),

-- School terms are taken by whole months, so that they add up from months: autumn from September, spring from January, summer
-- from April to August.
months_in_years as (
    select
        month_start,
        as_at,
        min(month_start) over () as first_month_start,
        extract(month from month_start) as month_of_year
    from months
),

school_and_calendar_years as (
    select distinct
        'AY' as basis,
        {{ academic_year_key('month_start', '-') }} || '-AY' as period,
        {{ add_months('month_start', '-cast(mod(month_of_year + 3, 12) as integer)') }} as period_start,
        12 as length_in_months,
        first_month_start,
        as_at
    from months_in_years
    union all
    select distinct
        'CY' as basis,
        cast(extract(year from month_start) as varchar) || '-CY' as period,
        {{ add_months('month_start', '1 - cast(month_of_year as integer)') }} as period_start,
        12 as length_in_months,
        first_month_start,
        as_at
    from months_in_years
    union all
    select distinct
        'T' as basis,
        {{ academic_year_key('month_start', '-') }}
        || case when month_of_year >= 9 then '-T1' when month_of_year <= 3 then '-T2' else '-T3' end as period,
        case
            when month_of_year >= 9 then {{ add_months('month_start', '9 - cast(month_of_year as integer)') }}
            when month_of_year <= 3 then {{ add_months('month_start', '1 - cast(month_of_year as integer)') }}
            else {{ add_months('month_start', '4 - cast(month_of_year as integer)') }}
        end as period_start,
        case when month_of_year >= 9 then 4 when month_of_year <= 3 then 3 else 5 end as length_in_months,
        first_month_start,
        as_at
    from months_in_years
),

-- Weeks are for what is watched closely, so two years of them are enough.
weeks as (
    select
        days.iso_week,
        min(days.date_day) as week_start,
        min(run.as_at) as as_at
    from {{ ref('dim_date') }} as days
    cross join {{ ref('stg_control__run') }} as run
    where days.iso_weekday = 1 and days.date_day > {{ add_days('run.as_at', -7 * 104) }} and days.date_day <= run.as_at
    group by days.iso_week
),

periods as (
    {% for basis in ['M', 'SNAP'] %}
    select
        '{{ basis }}' as basis,
        month as period,
        month_start as period_start,
        month_end as period_end,
        as_at
    from months
    union all
    {% endfor %}
    select
        'YTD' as basis,
        months.month as period,
        years.year_start as period_start,
        months.month_end as period_end,
        months.as_at
    from months
    inner join years on months.financial_year = years.financial_year
    union all
    select
        'R12' as basis,
        month as period,
        {{ add_months('month_start', -11) }} as period_start,
        month_end as period_end,
        as_at
    from months
    {% for basis, key in [('Q', 'quarter'), ('H', 'half'), ('Y', 'financial_year')] %}
    union all
    select
        '{{ basis }}' as basis,
        {{ key }} as period,
        min(month_start) as period_start,
        max(month_end) as period_end,
        min(as_at) as as_at
    from months
    group by {{ key }}
    {% endfor %}
    union all
    select
        basis,
        period,
        period_start,
        {{ add_days(add_months('period_start', 'length_in_months'), -1) }} as period_end,
        as_at
    from school_and_calendar_years
    where period_start >= first_month_start
    union all
    select
        'W' as basis,
        iso_week as period,
        week_start as period_start,
        {{ add_days('week_start', 6) }} as period_end,
        as_at
    from weeks
),

placed as (
    select
        basis,
        period,
        period_start,
        period_end,
        least(period_end, as_at) as reference_date,
        -- a year to date and 12 rolling months are compared with those a year earlier, everything else with what came just before
        case
            when basis in ('YTD', 'R12') then lag(period, 12) over (partition by basis order by period_end)
            else lag(period) over (partition by basis order by period_end)
        end as previous_period,
        period_end <= as_at as is_closed
    from periods
    -- a rolling or year-to-date period belongs to its last month, which must have begun; every other must have begun itself
    where case when basis in ('M', 'SNAP', 'YTD', 'R12') then {{ month_start('period_end') }} else period_start end <= as_at
)

select
    basis,
    period,
    period_start,
    period_end,
    reference_date,
    {{ month_key('period_start') }} as first_month,
    {{ month_key('period_end') }} as last_month,
    {{ financial_year_key('period_end') }} as financial_year,
    case
        when basis = 'SNAP'
            then 'at ' || cast(extract(day from reference_date) as varchar) || ' ' || {{ month_label('period_end') }}
        when basis = 'W'
            then
                'week of ' || cast(extract(day from period_start) as varchar) || ' ' || {{ month_label('period_start') }}
        when {{ month_start('period_start') }} = {{ month_start('period_end') }}
            then {{ month_label('period_end') }}
        when extract(year from period_start) = extract(year from period_end)
            then {{ month_name('period_start') }} || ' to ' || {{ month_label('period_end') }}
        else {{ month_label('period_start') }} || ' to ' || {{ month_label('period_end') }}
    end as label,
    is_closed,
    case when basis = 'W' then period else {{ month_key('period_start') }} end as first_slice,
    case when basis = 'W' then period else {{ month_key('reference_date') }} end as reference_slice,
    previous_period
from placed
