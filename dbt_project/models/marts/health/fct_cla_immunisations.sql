-- The position of a child's immunisations as last recorded; of two numbers of one child the later position holds.
with

positions as (
    select
        children.child_key,
        positions.immunisations_up_to_date,
        positions.immunisations_status_date,
        coalesce(positions.immunisations_status_date, run.as_at) as team_date,
        positions.load_id,
        positions.row_number,
        row_number() over (
            partition by children.child_key
            order by
                case when positions.immunisations_status_date is null then 1 else 0 end asc,
                positions.immunisations_status_date desc,
                positions.load_id desc,
                positions.row_number desc
        ) as place
    from {{ ref('stg_ssd__cla_immunisations') }} as positions
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on positions.child_id = children.child_id
    where positions.immunisations_status_date is null or positions.immunisations_status_date <= run.as_at
)

select
    {{ row_key(['positions.child_key']) }} as immunisations_key,
    positions.child_key,
    positions.immunisations_status_date as status_date,
    {{ answered_yes('positions.immunisations_up_to_date') }} as is_up_to_date,
    {{ allocation_columns() }},
    positions.load_id,
    positions.row_number
from positions
{{ allocation_joins('positions', 'positions.team_date') }}
where positions.place = 1
