-- Every text somebody gave by the as-at date, with the reason why it may not be quoted, or none. A recorded consent that holds on the as-at
-- date comes first; then the child's record, whose names, days of birth, addresses and schools must not stand in the text (the check is
-- made before the warehouse is built, of texts with a consent only: raw.quote_checks). What was not checked is withheld.
select
    {{ row_key(['responses.response_key', 'texts.text_number']) }} as text_key,
    responses.response_key,
    responses.child_key,
    responses.response_date,
    responses.channel,
    responses.respondent,
    texts.answer_text,
    case
        when coalesce(texts.consent, 'not_recorded') <> 'given' or texts.consent_date is null or texts.consent_date > run.as_at
            then 'no_consent'
        when texts.consent_withdrawn_date <= run.as_at then 'consent_withdrawn'
        when responses.child_key is null then 'no_child_on_record'
        when restrictions.child_key is not null then 'restricted_record'
        when checks.finding is null then 'not_checked'
        when checks.finding <> 'clear' then checks.finding
    end as withheld_reason,
    responses.service_code,
    responses.team_code,
    texts.load_id,
    texts.row_number
from {{ ref('stg_voice__feedback_texts') }} as texts
cross join {{ ref('stg_control__run') }} as run
inner join {{ ref('stg_control__response_keys') }} as keys on texts.response_id = keys.response_id
inner join {{ ref('fct_feedback_responses') }} as responses on keys.response_key = responses.response_key
left join {{ ref('int_children__restrictions') }} as restrictions on responses.child_key = restrictions.child_key
left join {{ ref('stg_control__quote_checks') }} as checks
    on texts.response_id = checks.response_id and texts.text_number = checks.text_number
