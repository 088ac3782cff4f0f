-- Nights as the homes recorded them. A night with more children than places is kept as recorded, and marked: occupancy is not cut
-- down to what was available.
select
    {{ row_key(['homes.home_key', 'nights.night_date']) }} as residential_night_key,
    homes.home_key,
    homes.home_kind,
    nights.night_date,
    nights.places_available,
    nights.places_occupied,
    nights.places_closed,
    nights.closed_reason,
    nights.short_break_places_occupied,
    nights.other_authority_occupied,
    nights.places_occupied > nights.places_available as is_over_occupied,
    homes.team_code,
    homes.service_code,
    nights.load_id,
    nights.row_number
from {{ ref('stg_residential__nights') }} as nights
cross join {{ ref('stg_control__run') }} as run
inner join {{ ref('stg_control__home_keys') }} as home_keys on nights.home_id = home_keys.home_id
inner join {{ ref('dim_home') }} as homes on home_keys.home_key = homes.home_key
where nights.is_current and nights.night_date <= run.as_at
