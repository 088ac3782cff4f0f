-- One row per response and question, on the day of the response.
select
    {{ kpi_item_columns('answers', 'answer_key', 'response_date') }}
    answers.question,
    {{ kpi_flag("answers.meaning not in ('not_answered', 'not_known')") }} as is_answered,
    {{ kpi_flag("answers.meaning = 'positive'") }} as is_positive,
    {{ kpi_flag("answers.meaning = 'not_known'") }} as is_meaning_not_known
from {{ ref('fct_feedback_answers') }} as answers
{{ kpi_item_joins('answers', 'response_date') }}
