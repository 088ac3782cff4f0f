-- One row per comment: what people say of a service that is neither a complaint nor praise. A comment is about no child.
select
    keys.comment_key,
    comments.received_date,
    {{ by_as_at('comments.answered_date') }} as answered_date,
    coalesce(comments.from_type, 'not_recorded') as from_type,
    coalesce(comments.theme, 'not_recorded') as theme,
    coalesce(nullif(trim(comments.service_code), ''), 'unmapped') as service_code,
    coalesce(nullif(trim(comments.team_code), ''), 'unmapped') as team_code,
    comments.load_id,
    comments.row_number
from {{ ref('stg_complaints__comments') }} as comments
cross join {{ ref('stg_control__run') }} as run
inner join {{ ref('stg_control__comment_keys') }} as keys on comments.comment_id = keys.comment_id
where comments.received_date <= run.as_at
