-- Pre-proceedings that were decided on, child by child: the family group has a number of its own, which is not kept. One
-- recorded under both ids of a child on the same day is one. What lies after the as-at date has not happened.
with

recorded as (
    select
        children.child_key,
        pre_proceedings.pre_proceedings_id,
        pre_proceedings.decision_date,
        {{ by_as_at('pre_proceedings.letter_date') }} as letter_date,
        {{ by_as_at('pre_proceedings.initial_meeting_date') }} as initial_meeting_date,
        {{ by_as_at('pre_proceedings.ended_date') }} as end_date,
        case
            when pre_proceedings.ended_date is null or pre_proceedings.ended_date <= run.as_at then pre_proceedings.pre_proceedings_outcome
        end as outcome,
        pre_proceedings.legal_gateway_outcome,
        {{ by_as_at('pre_proceedings.issue_letter_date') }} as issue_letter_date,
        pre_proceedings.review_meetings,
        pre_proceedings.parents_represented,
        pre_proceedings.parents_represented_at_issue,
        pre_proceedings.cp_plans_in_referral,
        pre_proceedings.previous_pre_proceedings,
        pre_proceedings.previous_care_proceedings,
        pre_proceedings.court_hearings,
        pre_proceedings.short_notice,
        pre_proceedings.initial_care_plan,
        pre_proceedings.initial_plan_approved,
        pre_proceedings.final_care_plan,
        pre_proceedings.final_plan_approved,
        run.as_at,
        pre_proceedings.load_id,
        pre_proceedings.row_number,
        row_number() over (
            partition by children.child_key, pre_proceedings.decision_date
            order by {{ in_number_order('pre_proceedings.pre_proceedings_id') }}
        ) as place
    from {{ ref('stg_ssd__pre_proceedings') }} as pre_proceedings
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on pre_proceedings.child_id = children.child_id
    where pre_proceedings.decision_date <= run.as_at
)

select
    {{ row_key(['recorded.child_key', 'recorded.pre_proceedings_id']) }} as pre_proceedings_key,
    recorded.child_key,
    recorded.decision_date,
    recorded.letter_date,
    recorded.initial_meeting_date,
    recorded.end_date,
    recorded.outcome,
    recorded.legal_gateway_outcome,
    -- the day of the decision is day 0
    {{ days_between('recorded.decision_date', 'coalesce(recorded.end_date, recorded.as_at)') }} as days_in_pre_proceedings,
    cast(
        floor({{ days_between('recorded.decision_date', 'coalesce(recorded.end_date, recorded.as_at)') }} / 7.0) as integer
    ) as weeks_in_pre_proceedings,
    recorded.issue_letter_date,
    recorded.review_meetings,
    {{ answered_yes('recorded.parents_represented') }} as has_parents_represented,
    {{ answered_yes('recorded.parents_represented_at_issue') }} as has_parents_represented_at_issue,
    recorded.cp_plans_in_referral,
    recorded.previous_pre_proceedings,
    recorded.previous_care_proceedings,
    recorded.court_hearings,
    {{ answered_yes('recorded.short_notice') }} as is_short_notice,
    recorded.initial_care_plan,
    {{ answered_yes('recorded.initial_plan_approved') }} as is_initial_plan_approved,
    recorded.final_care_plan,
    {{ answered_yes('recorded.final_plan_approved') }} as is_final_plan_approved,
    {{ allocation_columns() }},
    workers.worker_key,
    recorded.load_id,
    recorded.row_number
from recorded
{{ allocation_joins('recorded', 'recorded.decision_date') }}
left join {{ ref('stg_control__worker_keys') }} as workers on allocation.worker_id = workers.worker_id
where recorded.place = 1
