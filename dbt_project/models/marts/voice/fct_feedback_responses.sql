-- One row per response given by the as-at date, however many questions it answers. Where it was given and by whom are the same in
-- all its rows; the agency of a partner stands in some of them.
with

responses as (
    select
        feedback.response_id,
        min(feedback.child_id) as child_id,
        min(feedback.channel) as channel,
        min(feedback.respondent) as respondent,
        min(feedback.response_date) as response_date,
        min(nullif(trim(feedback.agency), '')) as agency,
        min(feedback.opportunity_id) as opportunity_id,
        min(nullif(trim(feedback.service_code), '')) as service_code,
        min(nullif(trim(feedback.team_code), '')) as team_code,
        count(case when {{ answer_meaning() }} <> 'not_answered' then 1 end) as questions_answered,
        max(feedback.load_id) as load_id,
        min(feedback.row_number) as row_number
    from {{ ref('stg_voice__feedback') }} as feedback
    cross join {{ ref('stg_control__run') }} as run
    {{ answer_meaning_joins('feedback', 'feedback.response_date') }}
    where feedback.response_date <= run.as_at
    group by feedback.response_id
),

coded as (
    select
        response_id,
        count(distinct theme) as themes
    from {{ ref('stg_voice__feedback_themes') }}
    group by response_id
)

select
    keys.response_key,
    asked.opportunity_key,
    opportunities.assessment_key,
    opportunities.referral_key,
    opportunities.placement_key,
    opportunities.audit_key,
    opportunities.mid_way_audit_key,
    children.child_key,
    responses.channel,
    responses.respondent,
    case when responses.respondent = 'partner_agency' then coalesce(responses.agency, 'not_recorded') else 'not_applicable' end as agency,
    responses.response_date,
    cast(responses.questions_answered as integer) as questions_answered,
    coalesce(coded.themes, 0) > 0 as is_coded,
    coalesce(responses.service_code, 'unmapped') as service_code,
    coalesce(responses.team_code, 'unmapped') as team_code,
    responses.load_id,
    responses.row_number
from responses
inner join {{ ref('stg_control__response_keys') }} as keys on responses.response_id = keys.response_id
left join {{ ref('stg_control__opportunity_keys') }} as asked on responses.opportunity_id = asked.opportunity_id
left join {{ ref('fct_feedback_opportunities') }} as opportunities on asked.opportunity_key = opportunities.opportunity_key
left join {{ ref('int_children__identities') }} as children on responses.child_id = children.child_id
left join coded on responses.response_id = coded.response_id
