-- One row per child and plan that has begun; a plan whose end lies after the as-at date has not ended.
select
    {{ row_key(['children.child_key', 'spells.start_date']) }} as cp_plan_key,
    children.child_key,
    spells.start_date,
    case when spells.end_date <= run.as_at then spells.end_date end as end_date,
    spells.initial_category,
    spells.latest_category,
    spells.previous_cp_plans,
    {{ team_columns() }},
    spells.snapshot_date as last_seen_date,
    spells.load_id,
    spells.row_number
from {{ ref('int_child_protection__plan_spells') }} as spells
cross join {{ ref('stg_control__run') }} as run
inner join {{ ref('int_children__identities') }} as children on spells.child_id = children.child_id
{{ team_joins('spells', 'spells.start_date') }}
where spells.start_date <= run.as_at
