-- One row per question, answer and service of a survey, on its last day, with the number of staff who gave the answer. The row that
-- stands for the question counts who was invited and who answered.
select
    {{ kpi_plain_item_columns('survey', 'survey_answer_key', 'survey_date', "cast(null as varchar)") }}
    survey.priority,
    survey.answers,
    case when survey.is_favourable then survey.answers else 0 end as favourable_answers,
    case
        when survey.is_first_answer and survey.staff_answered is not null then coalesce(survey.staff_invited, 0) else 0
    end as staff_invited,
    case
        when survey.is_first_answer and survey.staff_invited is not null then coalesce(survey.staff_answered, 0) else 0
    end as staff_answered
from {{ ref('fct_staff_survey') }} as survey
{{ kpi_plain_item_joins('survey', 'survey_date') }}
