-- One row per response and question, on the day of the response.
select
    {{ kpi_item_columns('answers', 'answer_key', 'response_date') }}
    answers.question,
    {{ kpi_flag("answers.answer in ('positive', 'neutral', 'negative')") }} as is_answered,
    {{ kpi_flag("answers.answer = 'positive'") }} as is_positive
from {{ ref('fct_feedback_answers') }} as answers
{{ kpi_item_joins('answers', 'response_date') }}
