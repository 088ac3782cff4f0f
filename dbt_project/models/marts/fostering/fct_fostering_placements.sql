-- Stays of children with fostering households that have begun. The team is the household's, the child's case is held elsewhere.
with

placements as (
    select
        children.child_key,
        children.date_of_birth,
        keys.household_key,
        households.household_kind,
        households.household_group,
        placements.household_placement_id,
        placements.household_placement_start_date as start_date,
        {{ by_as_at('placements.household_placement_end_date') }} as end_date,
        placements.placement_type,
        placements.place_used,
        placements.placed_by_other_authority,
        households.team_name,
        placements.snapshot_date,
        placements.load_id,
        placements.row_number
    from {{ ref('stg_fostering__household_placements') }} as placements
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on placements.child_id = children.child_id
    left join {{ ref('stg_control__household_keys') }} as keys on placements.household_id = keys.household_id
    left join {{ ref('int_fostering__households') }} as households on placements.household_id = households.household_id
    where placements.household_placement_start_date <= run.as_at
)

select
    {{ row_key(['placements.child_key', 'placements.household_placement_id']) }} as fostering_placement_key,
    placements.child_key,
    placements.household_key,
    placements.household_kind,
    placements.household_group,
    placements.start_date,
    placements.end_date,
    {{ age_in_years('placements.date_of_birth', 'placements.start_date') }} as age_at_start,
    placements.placement_type,
    {{ answered_yes('placements.place_used') }} as is_place_used,
    {{ answered_yes('placements.placed_by_other_authority') }} as is_placed_by_other_authority,
    {{ team_columns() }},
    placements.load_id,
    placements.row_number
from placements
{{ team_joins('placements', 'placements.start_date') }}
