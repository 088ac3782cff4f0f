-- Own residential homes that had opened by the as-at date. The key stands beside children (fct_residential_stays), so that it is a
-- pseudonym like theirs: worked out of the home's number, it would tell where a child lives.
with

homes as (
    select
        keys.home_key,
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
    inner join {{ ref('stg_control__home_keys') }} as keys on homes.home_id = keys.home_id
    where homes.home_opened_date is null or homes.home_opened_date <= run.as_at
)

select
    homes.home_key,
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
