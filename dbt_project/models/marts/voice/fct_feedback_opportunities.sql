-- One row per opportunity for feedback by the as-at date: an assessment, case or placement that ended, an audit, a request, or a
-- round of a survey, whether or not somebody was asked. A row without a number of people asked stands for one. The record that gave the
-- opportunity is linked where it is held; no extract asks for feedback at a review.
with

responses as (
    select
        answers.opportunity_id,
        count(distinct answers.response_id) as responses
    from {{ ref('stg_voice__feedback') }} as answers
    cross join {{ ref('stg_control__run') }} as run
    where answers.response_date <= run.as_at
    group by answers.opportunity_id
)

select
    keys.opportunity_key,
    children.child_key,
    assessments.assessment_key,
    referrals.referral_key,
    placements.placement_key,
    audits.audit_key,
    mid_way_audits.mid_way_audit_key,
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
left join responses on opportunities.opportunity_id = responses.opportunity_id
{%- set event_key = row_key(['children.child_key', 'opportunities.event_id']) %}
left join {{ ref('fct_assessments') }} as assessments
    on opportunities.kind = 'closed_assessment' and {{ event_key }} = assessments.assessment_key
left join {{ ref('fct_referrals') }} as referrals
    on opportunities.kind = 'closed_case' and {{ event_key }} = referrals.referral_key
left join {{ ref('fct_placements') }} as placements
    on opportunities.kind = 'ended_placement' and {{ event_key }} = placements.placement_key
left join {{ ref('stg_control__audit_keys') }} as audit_keys
    on opportunities.kind = 'case_file_audit' and opportunities.event_id = audit_keys.audit_id
left join {{ ref('fct_audits') }} as audits on audit_keys.audit_key = audits.audit_key
left join {{ ref('fct_mid_way_audits') }} as mid_way_audits
    on opportunities.kind = 'mid_way_audit' and {{ event_key }} = mid_way_audits.mid_way_audit_key
where opportunities.opportunity_date <= run.as_at
