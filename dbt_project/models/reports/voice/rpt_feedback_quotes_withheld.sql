-- How many texts are not quoted, and why, by the half-year of the response. Each text is counted once, under the first reason that holds.
select
    {{ half_key('response_date') }} as half,
    withheld_reason,
    count(*) as texts
from {{ ref('fct_feedback_texts') }}
where withheld_reason is not null
group by {{ half_key('response_date') }}, withheld_reason
