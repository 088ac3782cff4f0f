-- One row per mid-year and publication of its estimate; rates take the one that was known.
select
    cast(cast(year as varchar) || '-06-30' as date) as event_date,
    cast(year as varchar) || '-' || cast(published_date as varchar) as item_key,
    published_date,
    population
from {{ ref('stg_reference__mid_year_population') }}
