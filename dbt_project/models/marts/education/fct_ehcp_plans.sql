-- From the request for an education, health and care assessment to the plan. The 20 weeks are calendar days from the request to
-- the day the plan was issued (practice standard education_plan). An exception from the time limit, a refusal or a withdrawal
-- leaves nothing to be in time with. Where a request shows several assessments or plans, the latest one counts.
with

requests as (
    select
        children.child_key,
        requests.ehcp_request_id,
        requests.request_date,
        {{ by_as_at('requests.request_outcome_date') }} as request_outcome_date,
        {{ unless_after_as_at('requests.request_outcome_date', 'requests.request_outcome') }} as request_outcome,
        {{ reference_day('requests') }} as known_to,
        requests.load_id,
        requests.row_number
    from {{ ref('stg_ssd__ehcp_requests') }} as requests
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('stg_ssd__send') }} as send on requests.send_id = send.send_id
    inner join {{ ref('int_children__identities') }} as children on send.child_id = children.child_id
    where requests.request_date is null or requests.request_date <= run.as_at
),

assessments as (
    select
        assessments.ehcp_request_id,
        {{ by_as_at('assessments.ehcp_assessment_outcome_date') }} as assessment_outcome_date,
        {{ unless_after_as_at('assessments.ehcp_assessment_outcome_date', 'assessments.ehcp_assessment_outcome') }} as assessment_outcome,
        assessments.time_limit_exception,
        {{ by_as_at('plans.named_plan_start_date') }} as plan_start_date,
        {{ by_as_at('plans.named_plan_end_date') }} as plan_end_date,
        {{ by_as_at('plans.named_plan_end_date', 'plans.named_plan_end_reason') }} as plan_end_reason,
        row_number() over (
            partition by assessments.ehcp_request_id
            order by
                coalesce(plans.named_plan_start_date, assessments.ehcp_assessment_outcome_date, cast('1900-01-01' as date)) desc,
                assessments.row_number desc,
                plans.row_number desc
        ) as place
    from {{ ref('stg_ssd__ehcp_assessment') }} as assessments
    cross join {{ ref('stg_control__run') }} as run
    left join {{ ref('stg_ssd__ehcp_named_plan') }} as plans on assessments.ehcp_assessment_id = plans.ehcp_assessment_id
),

in_force as (
    select
        active.ehcp_request_id,
        needs.sen_type,
        {{ by_as_at('active.last_review_date') }} as last_review_date,
        row_number() over (
            partition by active.ehcp_request_id
            order by coalesce(needs.sen_rank, 99) asc, active.row_number desc, needs.row_number asc
        ) as place
    from {{ ref('stg_ssd__ehcp_active_plans') }} as active
    cross join {{ ref('stg_control__run') }} as run
    left join {{ ref('stg_ssd__sen_need') }} as needs on active.active_plan_id = needs.active_plan_id
),

followed as (
    select
        requests.child_key,
        requests.ehcp_request_id,
        requests.request_date,
        requests.request_outcome_date,
        requests.request_outcome,
        assessments.assessment_outcome_date,
        assessments.assessment_outcome,
        assessments.time_limit_exception,
        case
            when assessments.assessment_outcome = 'Y' then coalesce(assessments.assessment_outcome_date, assessments.plan_start_date)
        end as plan_issued_date,
        assessments.plan_start_date,
        assessments.plan_end_date,
        assessments.plan_end_reason,
        in_force.last_review_date,
        in_force.sen_type,
        requests.known_to,
        requests.load_id,
        requests.row_number
    from requests
    left join assessments on requests.ehcp_request_id = assessments.ehcp_request_id and assessments.place = 1
    left join in_force on requests.ehcp_request_id = in_force.ehcp_request_id and in_force.place = 1
),

due as (
    select
        followed.child_key,
        followed.ehcp_request_id,
        followed.request_date,
        followed.request_outcome_date,
        followed.request_outcome,
        followed.assessment_outcome_date,
        followed.assessment_outcome,
        followed.time_limit_exception,
        followed.plan_issued_date,
        followed.plan_start_date,
        followed.plan_end_date,
        followed.plan_end_reason,
        followed.last_review_date,
        followed.sen_type,
        {{ due_after('followed.request_date', 'plan_standard') }} as due_date,
        followed.known_to,
        followed.load_id,
        followed.row_number
    from followed
    {{ standard_join('education_plan', 'followed.request_date', 'plan_standard') }}
    {{ due_joins('followed.request_date', 'plan_standard') }}
)

select
    {{ row_key(['due.child_key', 'due.ehcp_request_id']) }} as ehcp_plan_key,
    due.child_key,
    due.request_date,
    due.request_outcome_date,
    due.request_outcome,
    due.assessment_outcome_date,
    due.assessment_outcome,
    {{ answered_yes('due.time_limit_exception') }} as has_time_limit_exception,
    due.due_date,
    due.plan_issued_date,
    {{ days_between('due.request_date', 'due.plan_issued_date') }} as days_to_plan,
    case
        when due.time_limit_exception = 'yes' then null
        when due.plan_issued_date is null and (due.request_outcome in ('N', 'W') or due.assessment_outcome in ('N', 'W')) then null
        else {{ done_in_time('due.plan_issued_date', 'due.due_date', 'due.known_to') }}
    end as is_in_time,
    due.plan_start_date,
    due.plan_end_date,
    due.plan_end_reason,
    due.last_review_date,
    due.sen_type as primary_need,
    {{ allocation_columns() }},
    due.load_id,
    due.row_number
from due
{{ allocation_joins('due', 'due.request_date') }}
