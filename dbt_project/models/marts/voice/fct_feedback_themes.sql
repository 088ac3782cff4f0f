-- One row per response and theme it was coded to. The first one, in the order of their codes, stands for the response, so that
-- responses can be counted from the same rows.
select
    {{ row_key(['responses.response_key', 'themes.theme']) }} as feedback_theme_key,
    responses.response_key,
    responses.child_key,
    themes.theme,
    row_number() over (partition by responses.response_key order by themes.theme) = 1 as is_first_theme,
    responses.channel,
    responses.respondent,
    responses.response_date,
    responses.service_code,
    responses.team_code,
    themes.load_id,
    themes.row_number
from {{ ref('stg_voice__feedback_themes') }} as themes
inner join {{ ref('stg_control__response_keys') }} as keys on themes.response_id = keys.response_id
inner join {{ ref('fct_feedback_responses') }} as responses on keys.response_key = responses.response_key
