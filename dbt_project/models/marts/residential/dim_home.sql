-- Own residential homes that had opened by the as-at date. A home is no person: its key is worked out of its number.
with

homes as (
    select
        homes.home_id,
        homes.ofsted_urn,
        homes.home_kind,
        homes.registered_places,
        homes.home_opened_date as opened_date,
        {{ by_as_at('homes.home_closed_date') }} as closed_date,
        homes.registered_manager_in_post,
        homes.team_code as team_name,
        homes.snapshot_date,
        homes.load_id,
        homes.row_number
    from {{ ref('stg_residential__homes') }} as homes
    cross join {{ ref('stg_control__run') }} as run
    where homes.home_opened_date is null or homes.home_opened_date <= run.as_at
)

select
    {{ row_key(['homes.home_id']) }} as home_key,
    homes.ofsted_urn,
    homes.home_kind,
    homes.registered_places,
    homes.opened_date,
    homes.closed_date,
    {{ answered_yes('homes.registered_manager_in_post') }} as has_registered_manager,
    {{ team_columns() }},
    homes.load_id,
    homes.row_number
from homes
{{ team_joins('homes', 'coalesce(homes.closed_date, homes.snapshot_date)') }}
