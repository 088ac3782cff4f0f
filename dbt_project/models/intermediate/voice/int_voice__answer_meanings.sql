-- What each answer means in which days: of one question where it has a row of its own for the answer, else ('') of every question.
-- A meaning holds until its own end or until the next one of the same question and answer begins.
select
    coalesce(nullif(trim(question), ''), '') as question,
    answer,
    meaning,
    valid_from,
    least(
        {{ end_or_never('valid_to') }},
        coalesce(
            {{ add_days("lead(valid_from) over (partition by coalesce(nullif(trim(question), ''), ''), answer order by valid_from)", -1) }},
            cast('9999-12-31' as date)
        )
    ) as valid_to
from {{ ref('stg_voice__feedback_answer_meanings') }}
