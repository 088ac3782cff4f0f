-- One row per opportunity for feedback by the as-at date: an assessment, case or placement that ended, an audit, a request, or a
-- round of a survey, whether or not somebody was asked. A row without a number of people asked stands for one.
with

responses as (
    select
        opportunity_key,
        count(*) as responses
    from {{ ref('fct_feedback_responses') }}
    where opportunity_key is not null
    group by opportunity_key
)

select
    keys.opportunity_key,
    children.child_key,
    opportunities.channel,
    opportunities.kind as opportunity_kind,
    opportunities.opportunity_date,
    coalesce(opportunities.person_asked, 'anyone') as person_asked,
    {{ answered_yes('opportunities.attempted') }} as is_attempted,
    case when opportunities.attempted = 'no' then false else {{ answered_yes('opportunities.reached') }} end as is_reached,
    case when opportunities.attempted = 'yes' then cast(coalesce(opportunities.number_asked, 1) as integer) end as people_asked,
    cast(coalesce(responses.responses, 0) as integer) as responses,
    coalesce(nullif(trim(opportunities.service_code), ''), 'unmapped') as service_code,
    coalesce(nullif(trim(opportunities.team_code), ''), 'unmapped') as team_code,
    opportunities.load_id,
    opportunities.row_number
from {{ ref('stg_voice__feedback_opportunities') }} as opportunities
cross join {{ ref('stg_control__run') }} as run
inner join {{ ref('stg_control__opportunity_keys') }} as keys on opportunities.opportunity_id = keys.opportunity_id
left join {{ ref('int_children__identities') }} as children on opportunities.child_id = children.child_id
left join responses on keys.opportunity_key = responses.opportunity_key
where opportunities.opportunity_date <= run.as_at
