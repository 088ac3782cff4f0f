-- The published series each KPI is set beside, by year: the authority's own published figure, England, the region, and mean and
-- median of the statistical neighbours. A series is picked by what its source calls it (source, code, measure text and unit named
-- in the catalogue); the KPI code in the delivered rows is a hint and not read. What is published without a number keeps the
-- reason as its status.
with
series as (
    select
        kpi_comparators.code as kpi,
        kpi_comparators.series,
        kpi_comparators.note,
        published.source,
        published.source_measure_code,
        published.measure,
        published.unit,
        cast(published.year as integer) as year,
        published.year_type,
        -- a year is the one it ends in; staff are counted at the end of September, in the financial year that began in April
        case
            when published.year_type = 'Academic Year'
                then cast(published.year - 1 as varchar) || '-' || {{ two_digits('mod(published.year, 100)') }} || '-AY'
            when published.year_type = 'Calendar Year' then cast(published.year as varchar) || '-CY'
            when published.year_type in ('Annual (end of Sept)', 'At 30 September')
                then cast(published.year as varchar) || '-' || {{ two_digits('mod(published.year + 1, 100)') }}
            else cast(published.year - 1 as varchar) || '-' || {{ two_digits('mod(published.year, 100)') }}
        end as period,
        published.geography_type,
        published.geography,
        published.la_code,
        cast(published.value as decimal(18, 4)) as value,
        published.value_status,
        published.value_status in ('value', 'p', 'r', 'e') and published.value is not null as has_value
    from {{ ref('stg_control__kpi_comparators') }} as kpi_comparators
    inner join {{ ref('stg_published_statistics__comparators') }} as published
        on
            kpi_comparators.source = published.source
            and kpi_comparators.source_measure_code = published.source_measure_code
            and kpi_comparators.measure = published.measure
            and kpi_comparators.unit = published.unit
    where published.geography_type <> 'Computed'
),

-- The latest model of neighbours in force at the as-at date, for every year: another model would change the company, not the year.
own_code as (
    select max(la_code) as la_code
    from series
    where geography_type = 'Local authority'
),

sets_in_force as (
    select
        neighbours.model,
        neighbours.neighbour_la_code,
        rank() over (order by neighbours.valid_from desc, neighbours.model asc) as place
    from {{ ref('stg_published_statistics__neighbour_sets') }} as neighbours
    cross join {{ ref('stg_control__run') }} as run
    inner join own_code on neighbours.la_code = own_code.la_code
    where neighbours.valid_from <= run.as_at and run.as_at <= {{ end_or_never('neighbours.valid_to') }}
),

neighbour_rows as (
    select
        series.kpi,
        series.series,
        series.note,
        series.source,
        series.source_measure_code,
        series.measure,
        series.unit,
        series.year,
        series.year_type,
        series.period,
        series.value,
        series.has_value,
        sets_in_force.model,
        row_number() over (
            partition by series.kpi, series.series, series.year, series.year_type, series.has_value
            order by series.value, series.la_code
        ) as place,
        count(case when series.has_value then 1 end) over (
            partition by series.kpi, series.series, series.year, series.year_type
        ) as places
    from series
    inner join sets_in_force on series.la_code = sets_in_force.neighbour_la_code and sets_in_force.place = 1
),

neighbours as (
    select
        kpi,
        series,
        note,
        source,
        source_measure_code,
        measure,
        unit,
        year,
        year_type,
        period,
        max(model) as neighbour_model,
        cast(max(places) as integer) as places,
        cast(count(*) - max(places) as integer) as places_missing,
        sum(case when has_value then value else 0 end) as total,
        -- the middle value, or the two middle ones
        sum(case when has_value and 2 * place in (places, places + 1, places + 2) then value else 0 end) as middle,
        count(case when has_value and 2 * place in (places, places + 1, places + 2) then 1 end) as middle_places
    from neighbour_rows
    group by
        kpi, series, note, source, source_measure_code, measure, unit, year, year_type, period
)

select
    kpi,
    series,
    year,
    year_type,
    period,
    case geography_type
        when 'Local authority' then 'own published' when 'National' then 'england' when 'Regional' then 'region'
    end as comparator,
    geography,
    case when has_value then value end as value,
    case value_status when 'value' then '' else value_status end as status,
    cast(1 as integer) as places,
    cast(case when has_value then 0 else 1 end as integer) as places_missing,
    cast(null as varchar) as neighbour_model,
    source,
    source_measure_code,
    measure,
    unit,
    note
from series
where geography_type in ('Local authority', 'National', 'Regional')
{%- for comparator, amount, items in [('neighbour mean', 'total', 'places'), ('neighbour median', 'middle', 'middle_places')] %}
union all
select
    kpi,
    series,
    year,
    year_type,
    period,
    '{{ comparator }}' as comparator,
    'statistical neighbours' as geography,
    case
        when places > 0 then {{ round_half_up('cast(' ~ amount ~ ' * 10000 as bigint)', items ~ ' * 10000', 1, 4) }}
    end as value,
    case when places > 0 then '' else 'x' end as status,
    places,
    places_missing,
    neighbour_model,
    source,
    source_measure_code,
    measure,
    unit,
    note
from neighbours
{%- endfor %}
