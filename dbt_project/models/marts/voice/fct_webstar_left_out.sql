-- One row per score that counts in no figure, with the reason and the team that can put it right.
select
    score_key,
    intervention_key,
    child_key,
    respondent,
    stage,
    star_date,
    area,
    version,
    left_out_reason,
    service_code,
    team_code,
    load_id,
    row_number
from {{ ref('int_voice__stars') }}
where left_out_reason is not null
