select
    {{ row_key(['keys.response_key', 'answers.question']) }} as answer_key,
    keys.response_key,
    answers.question,
    children.child_key,
    answers.channel,
    answers.respondent,
    answers.response_date,
    answers.answer,
    {{ answer_meaning() }} as meaning,
    answers.theme,
    coalesce(nullif(trim(answers.service_code), ''), 'unmapped') as service_code,
    coalesce(nullif(trim(answers.team_code), ''), 'unmapped') as team_code,
    answers.load_id,
    answers.row_number
from {{ ref('stg_voice__feedback') }} as answers
cross join {{ ref('stg_control__run') }} as run
inner join {{ ref('stg_control__response_keys') }} as keys on answers.response_id = keys.response_id
left join {{ ref('int_children__identities') }} as children on answers.child_id = children.child_id
{{ answer_meaning_joins('answers', 'answers.response_date') }}
where answers.response_date <= run.as_at
