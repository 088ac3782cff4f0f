-- One row per child and financial year on a day of which the child was looked after, short breaks apart, with the absences from care that
-- began in that year. A child who left care on the first day of a year was looked after in it, as in the national return. The row
-- is dated by the last such day of the year (by the as-at date while care and the year go on).
with

years as (
    select
        financial_year,
        min(date_day) as year_start,
        max(date_day) as year_end
    from {{ ref('dim_date') }}
    group by financial_year
),

in_care as (
    select
        periods.child_key,
        years.financial_year,
        years.year_start,
        years.year_end,
        max(least({{ end_or_never('periods.end_date') }}, years.year_end, run.as_at)) as last_day,
        max(periods.load_id) as load_id,
        max(periods.row_number) as row_number
    from {{ ref('fct_cla_periods') }} as periods
    cross join {{ ref('stg_control__run') }} as run
    inner join years
        on
            periods.start_date <= years.year_end
            and {{ end_or_never('periods.end_date') }} >= years.year_start
            and run.as_at >= years.year_start
    where not periods.is_short_breaks and periods.start_date <= run.as_at
    group by periods.child_key, years.financial_year, years.year_start, years.year_end
),

absences as (
    select
        in_care.child_key,
        in_care.financial_year,
        count(*) filter (where coalesce(episodes.missing_type, 'missing') = 'missing') as missing_episodes,
        count(*) filter (where episodes.missing_type = 'absent') as absent_episodes
    from in_care
    inner join {{ ref('fct_missing_episodes') }} as episodes
        on
            in_care.child_key = episodes.child_key
            and in_care.year_start <= episodes.start_date
            and in_care.year_end >= episodes.start_date
    where episodes.is_looked_after
    group by in_care.child_key, in_care.financial_year
)

select
    {{ row_key(['in_care.child_key', 'in_care.financial_year']) }} as looked_after_year_key,
    in_care.child_key,
    in_care.financial_year,
    in_care.last_day,
    coalesce(absences.missing_episodes, 0) as missing_episodes,
    coalesce(absences.absent_episodes, 0) as absent_episodes,
    {{ allocation_columns() }},
    in_care.load_id,
    in_care.row_number
from in_care
left join absences on in_care.child_key = absences.child_key and in_care.financial_year = absences.financial_year
{{ allocation_joins('in_care', 'in_care.last_day') }}
