-- One row per survey, question, answer and service, closed by the as-at date. The row of the whole authority is the sum of the services
-- and stands here only where a question has no row of a service, so that sums do not count an answer twice.
with

closed as (
    select
        survey.survey,
        survey.survey_date,
        survey.priority,
        survey.question,
        survey.answer,
        survey.favourable,
        survey.staff_invited,
        survey.staff_answered,
        survey.answers,
        survey.load_id,
        survey.row_number,
        nullif(trim(survey.service_code), '') as service_code,
        count(nullif(trim(survey.service_code), '')) over (partition by survey.survey, survey.question) as service_rows,
        row_number() over (
            partition by survey.survey, survey.question, nullif(trim(survey.service_code), '')
            order by survey.answer
        ) as answer_number
    from {{ ref('stg_workforce__staff_survey') }} as survey
    cross join {{ ref('stg_control__run') }} as run
    where survey.survey_date <= run.as_at
)

select
    {{ row_key(['survey', 'question', 'answer', 'service_code']) }} as survey_answer_key,
    survey,
    survey_date,
    priority,
    question,
    answer,
    coalesce(favourable = 'yes', false) as is_favourable,
    cast(coalesce(answers, 0) as integer) as answers,
    cast(staff_invited as integer) as staff_invited,
    cast(staff_answered as integer) as staff_answered,
    answer_number = 1 as is_first_answer,
    coalesce(service_code, 'unmapped') as service_code,
    'unmapped' as team_code,
    load_id,
    row_number
from closed
where service_code is not null or service_rows = 0
