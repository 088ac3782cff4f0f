select
    keys.compliment_key,
    children.child_key,
    compliments.received_date,
    compliments.external = 'yes' as is_external,
    coalesce(compliments.from_type, 'not_recorded') as from_type,
    coalesce(compliments.theme, 'not_recorded') as theme,
    coalesce(nullif(trim(compliments.service_code), ''), 'unmapped') as service_code,
    coalesce(nullif(trim(compliments.team_code), ''), 'unmapped') as team_code,
    compliments.load_id,
    compliments.row_number
from {{ ref('stg_complaints__compliments') }} as compliments
cross join {{ ref('stg_control__run') }} as run
inner join {{ ref('stg_control__compliment_keys') }} as keys on compliments.compliment_id = keys.compliment_id
left join {{ ref('int_children__identities') }} as children on compliments.child_id = children.child_id
where compliments.received_date <= run.as_at
