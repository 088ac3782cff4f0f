-- One row per audit whose actions are to be reviewed: an audit with a review date and at least one action that is still required.
-- The review was done when the last of those actions was looked at, and shows on the file when each of them says so.
with

reviews as (
    select
        audit_key,
        child_key,
        template,
        service_code,
        team_code,
        review_due_date,
        count(*) as actions_to_review,
        -- as long as one was not looked at the review is not done
        case when count(review_date) = count(*) then max(review_date) end as review_date,
        case
            when count(case when footprint_recorded = 'no' then 1 end) > 0 then false
            when count(case when footprint_recorded = 'yes' then 1 end) = count(*) then true
        end as is_footprint_recorded
    from {{ ref('fct_audit_actions') }}
    where review_due_date is not null and status <> 'not_required'
    group by audit_key, child_key, template, service_code, team_code, review_due_date
),

known as (
    {{ known_to('quality_assurance', 'audit_actions') }}
)

select
    reviews.audit_key,
    reviews.child_key,
    reviews.template,
    reviews.service_code,
    reviews.team_code,
    cast(reviews.actions_to_review as integer) as actions_to_review,
    reviews.review_due_date,
    reviews.review_date,
    {{ done_in_time('reviews.review_date', 'reviews.review_due_date', 'known.known_to') }} as is_review_in_time,
    reviews.is_footprint_recorded
from reviews
cross join known
