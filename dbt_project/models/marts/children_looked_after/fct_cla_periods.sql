-- One row per child and period of care that has begun; a period whose end lies after the as-at date has not ended.
select
    {{ row_key(['children.child_key', 'spells.start_date']) }} as cla_key,
    children.child_key,
    spells.start_date,
    case when spells.end_date <= run.as_at then spells.end_date end as end_date,
    case when spells.end_date <= run.as_at then spells.cla_end_reason end as end_reason,
    spells.category_of_need,
    spells.legal_status,
    coalesce(spells.legal_status in ('V3', 'V4'), false) as is_short_breaks,
    spells.second_period,
    {{ team_columns() }},
    spells.snapshot_date as last_seen_date,
    spells.load_id,
    spells.row_number
from {{ ref('int_children_looked_after__care_spells') }} as spells
cross join {{ ref('stg_control__run') }} as run
inner join {{ ref('int_children__identities') }} as children on spells.child_id = children.child_id
{{ team_joins('spells', 'spells.start_date') }}
where spells.start_date <= run.as_at
