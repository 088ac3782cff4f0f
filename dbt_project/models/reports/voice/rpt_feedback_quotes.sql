-- What may be quoted: texts with a recorded consent in which nothing of the child's own record was found. Neither the child nor the day
-- stands beside a quotation, only the half-year.
select
    text_key as quote_key,
    {{ half_key('response_date') }} as half,
    channel,
    respondent,
    service_code,
    answer_text as quotation
from {{ ref('fct_feedback_texts') }}
where withheld_reason is null
