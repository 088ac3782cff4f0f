-- One row per month end, kind of household and team, with the places of those households. Family and friends' places are not counted
-- among the approved ones.
with

places as (
    select
        {{ row_key(['places.household_kind', 'places.team_code', 'places.service_code']) }} as places_key,
        places.reference_date,
        places.household_kind,
        places.household_group,
        places.approved_places,
        places.places_filled,
        places.team_code,
        places.service_code
    from {{ ref('fct_fostering_places_month_end') }} as places
)

select
    {{ kpi_plain_item_columns('places', 'places_key', 'reference_date', child_key='cast(null as varchar)') }}
    coalesce(places.household_kind, 'unknown') as household_kind,
    cast(case when places.household_group = 'mainstream' then coalesce(places.approved_places, 0) else 0 end as integer)
        as approved_places,
    cast(case when places.household_group = 'mainstream' then places.places_filled else 0 end as integer) as places_filled
from places
{{ kpi_plain_item_joins('places', 'reference_date') }}
