-- One row per item of the multi-agency programme of training, policy reviews and learning events; items planned for later have a row.
select
    {{ row_key(["'programme'", 'items.programme_item_id']) }} as programme_item_key,
    items.activity,
    items.item_title,
    items.programme_year,
    items.planned_date,
    {{ by_as_at('items.delivered_date') }} as delivered_date,
    {{ by_as_at('items.delivered_date', days_between('items.planned_date', 'items.delivered_date')) }} as days_late,
    coalesce(items.cancelled = 'yes', false) as is_cancelled,
    items.lead_agency,
    items.theme,
    items.places_offered,
    {{ by_as_at('items.delivered_date', 'items.places_attended') }} as places_attended,
    items.load_id,
    items.row_number
from {{ ref('stg_partnership__training_programme') }} as items
cross join {{ ref('stg_control__run') }} as run
