-- Strengths and difficulties questionnaires of children looked after, with the score or the reason why there is none. The
-- latest score on any day is the one whose next one had not been given by then.
with

questionnaires as (
    select
        children.child_key,
        children.date_of_birth,
        questionnaires.sdq_id,
        questionnaires.sdq_completed_date,
        cast(questionnaires.sdq_score as integer) as score,
        questionnaires.sdq_reason,
        coalesce(questionnaires.sdq_completed_date, run.as_at) as team_date,
        case
            when questionnaires.sdq_score is not null and questionnaires.sdq_completed_date is not null
                then lead(questionnaires.sdq_completed_date) over (
                    partition by
                        children.child_key, questionnaires.sdq_score is null, questionnaires.sdq_completed_date is null
                    order by questionnaires.sdq_completed_date, questionnaires.sdq_id
                )
        end as next_score_date,
        questionnaires.load_id,
        questionnaires.row_number
    from {{ ref('stg_ssd__sdq_scores') }} as questionnaires
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on questionnaires.child_id = children.child_id
    where questionnaires.sdq_completed_date is null or questionnaires.sdq_completed_date <= run.as_at
)

select
    {{ row_key(['questionnaires.child_key', 'questionnaires.sdq_id']) }} as sdq_key,
    questionnaires.child_key,
    questionnaires.sdq_completed_date as completed_date,
    questionnaires.score is not null as has_score,
    questionnaires.score,
    {{ sdq_band('questionnaires.score') }} as score_band,
    -- a reason beside a score explains nothing
    case when questionnaires.score is null then questionnaires.sdq_reason end as no_score_reason,
    questionnaires.next_score_date,
    questionnaires.score is not null
    and questionnaires.sdq_completed_date is not null
    and questionnaires.next_score_date is null as is_latest,
    {{ age_in_years('questionnaires.date_of_birth', 'questionnaires.sdq_completed_date') }} as age,
    {{ allocation_columns() }},
    questionnaires.load_id,
    questionnaires.row_number
from questionnaires
{{ allocation_joins('questionnaires', 'questionnaires.team_date') }}
