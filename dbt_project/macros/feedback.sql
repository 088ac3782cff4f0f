{#-
    How an answer counts on a day: positive, neutral, negative or not_answered, by the register of meanings (data). An answer the register
    does not have on the day is not_known. `row` has question and answer.
-#}
{% macro answer_meaning_joins(row, day) -%}
left join {{ ref('int_voice__answer_meanings') }} as own_meaning
        on
            {{ row }}.question = own_meaning.question
            and {{ row }}.answer = own_meaning.answer
            and {{ day }} between own_meaning.valid_from and own_meaning.valid_to
    left join {{ ref('int_voice__answer_meanings') }} as any_meaning
        on
            any_meaning.question = ''
            and {{ row }}.answer = any_meaning.answer
            and {{ day }} between any_meaning.valid_from and any_meaning.valid_to
{%- endmacro %}

{% macro answer_meaning() -%}
coalesce(own_meaning.meaning, any_meaning.meaning, 'not_known')
{%- endmacro %}
