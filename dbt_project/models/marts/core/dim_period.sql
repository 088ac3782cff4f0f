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
)

select
    basis,
    period,
    period_start,
    period_end,
    least(period_end, as_at) as reference_date,
    {{ month_key('period_start') }} as first_month,
    {{ month_key('period_end') }} as last_month,
    {{ financial_year_key('period_end') }} as financial_year,
    case
        when basis = 'SNAP'
            then 'at ' || cast(extract(day from least(period_end, as_at)) as varchar) || ' ' || {{ month_label('period_end') }}
        when {{ month_start('period_start') }} = {{ month_start('period_end') }}
            then {{ month_label('period_end') }}
        when extract(year from period_start) = extract(year from period_end)
            then {{ month_name('period_start') }} || ' to ' || {{ month_label('period_end') }}
        else {{ month_label('period_start') }} || ' to ' || {{ month_label('period_end') }}
    end as label,
    period_end <= as_at as is_closed
from periods
-- a rolling or year-to-date period belongs to its last month, which must have begun; a quarter, half or year must have begun
where
    case when basis in ('Q', 'H', 'Y') then period_start else {{ month_start('period_end') }} end <= as_at
