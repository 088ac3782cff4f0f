-- Own homes open in a month, closed ones to the month before the one in which they closed, with what the month asks of each: the
-- visit under regulation 44, the judgement that stands, and the nights. A month that is not over can still have its visit.
with

homes as (
    select
        month_ends.month,
        month_ends.month_start,
        month_ends.month_end,
        month_ends.reference_date,
        homes.home_key,
        homes.home_kind,
        homes.registered_places,
        homes.team_code,
        homes.service_code,
        homes.load_id,
        homes.row_number
    from {{ ref('dim_home') }} as homes
    inner join {{ ref('int_calendar__month_ends') }} as month_ends
        on
            (homes.opened_date is null or homes.opened_date <= month_ends.reference_date)
            and {{ end_or_never('homes.closed_date') }} > month_ends.reference_date
),

covered as (
    -- without a visit a month can be told from a month nobody delivered only where the extract covers it
    select
        coverage.covered_from,
        least(coverage.covered_to, run.as_at) as covered_to
    from {{ ref('int_control__coverage') }} as coverage
    cross join {{ ref('stg_control__run') }} as run
    where coverage.source = 'residential' and coverage.table_name = 'reg_44_visits'
),

visits as (
    select
        home_key,
        month,
        count(*) as visits_held
    from {{ ref('fct_residential_visits') }}
    group by home_key, month
),

judgements as (
    select
        homes.home_key,
        homes.month,
        inspections.inspection_date,
        inspections.inspection_outcome,
        inspections.is_good_or_better,
        row_number() over (
            partition by homes.home_key, homes.month
            order by inspections.inspection_date desc, inspections.row_number desc
        ) as place
    from homes
    inner join {{ ref('fct_residential_inspections') }} as inspections
        on
            homes.home_key = inspections.home_key
            and coalesce(inspections.report_date, inspections.inspection_date) <= homes.reference_date
    where inspections.is_good_or_better is not null
),

nights as (
    select
        home_key,
        {{ month_start('night_date') }} as month_start,
        count(*) as nights_recorded,
        cast(sum(places_available) as bigint) as nights_available,
        cast(sum(places_occupied) as bigint) as nights_occupied
    from {{ ref('fct_residential_nights') }}
    group by home_key, {{ month_start('night_date') }}
)

select
    homes.month,
    homes.reference_date,
    homes.home_key,
    homes.home_kind,
    homes.registered_places,
    coalesce(visits.visits_held, 0) as visits_held,
    case
        when visits.visits_held > 0 then true
        when covered.covered_to is not null then false
    end as has_monthly_visit,
    judgements.inspection_date as judged_date,
    judgements.inspection_outcome as latest_judgement,
    judgements.is_good_or_better,
    nights.nights_recorded,
    nights.nights_available,
    nights.nights_occupied,
    homes.team_code,
    homes.service_code,
    homes.load_id,
    homes.row_number
from homes
left join covered on homes.month_start >= covered.covered_from and homes.month_end <= covered.covered_to
left join visits on homes.home_key = visits.home_key and homes.month = visits.month
left join judgements on homes.home_key = judgements.home_key and homes.month = judgements.month and judgements.place = 1
left join nights on homes.home_key = nights.home_key and homes.month_start = nights.month_start
