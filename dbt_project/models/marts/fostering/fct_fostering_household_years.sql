-- The years of approved households that have ended, counted from the approval: in every 12 months each household approved for a year
-- has one. A household that ends on the last day of a year was not approved for the whole of it.
with

covered as (
    select
        max(covered_from) as covered_from,
        max(covered_to) as covered_to
    from {{ ref('int_control__coverage') }}
    where source = 'fostering' and table_name = 'unannounced_visits'
),

numbers as ({{ numbers() }}),

years as (
    select
        households.household_key,
        households.household_kind,
        households.household_group,
        cast(numbers.number as integer) as year_number,
        {{ add_months('households.approved_date', '12 * (numbers.number - 1)') }} as year_start_date,
        {{ add_months('households.approved_date', '12 * numbers.number') }} as year_end_date,
        households.ended_date,
        households.team_code,
        households.service_code,
        households.load_id,
        households.row_number
    from {{ ref('fct_fostering_households') }} as households
    cross join numbers
    where households.approved_date is not null and numbers.number between 1 and 80
),

ended as (
    select
        years.household_key,
        years.household_kind,
        years.household_group,
        years.year_number,
        years.year_start_date,
        years.year_end_date,
        years.team_code,
        years.service_code,
        years.load_id,
        years.row_number,
        covered.covered_from,
        covered.covered_to
    from years
    cross join {{ ref('stg_control__run') }} as run
    cross join covered
    where
        years.year_end_date <= run.as_at
        and years.year_end_date < {{ end_or_never('years.ended_date') }}
        -- of earlier years nothing can be said
        and years.year_end_date >= covered.covered_from
),

visits as (
    select
        ended.household_key,
        ended.year_number,
        count(*) as unannounced_visits
    from ended
    inner join {{ ref('fct_fostering_visits') }} as visits
        on
            ended.household_key = visits.household_key
            and ended.year_start_date < visits.visit_date
            and ended.year_end_date >= visits.visit_date
    where visits.visit_kind = 'unannounced'
    group by ended.household_key, ended.year_number
)

select
    {{ row_key(['ended.household_key', 'ended.year_number']) }} as fostering_household_year_key,
    ended.household_key,
    ended.household_kind,
    ended.household_group,
    ended.year_number,
    ended.year_start_date,
    ended.year_end_date,
    cast(coalesce(visits.unannounced_visits, 0) as integer) as unannounced_visits,
    -- a year of which a part is not covered is not known, visited or not: counting the visited ones alone would make the rate 100 per cent
    case
        when ended.covered_from <= {{ add_days('ended.year_start_date', 1) }} and ended.covered_to >= ended.year_end_date
            then coalesce(visits.unannounced_visits > 0, false)
    end as is_visited_unannounced,
    ended.team_code,
    ended.service_code,
    ended.load_id,
    ended.row_number
from ended
left join visits on ended.household_key = visits.household_key and ended.year_number = visits.year_number
