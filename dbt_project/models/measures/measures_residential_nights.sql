-- One row per own home and night recorded.
select
    {{ kpi_plain_item_columns('nights', 'residential_night_key', 'night_date', child_key='cast(null as varchar)') }}
    coalesce(nights.home_kind, 'unknown') as home_kind,
    1 as is_night,
    cast(nights.places_available as integer) as places_available,
    cast(nights.places_occupied as integer) as places_occupied
from {{ ref('fct_residential_nights') }} as nights
{{ kpi_plain_item_joins('nights', 'night_date') }}
