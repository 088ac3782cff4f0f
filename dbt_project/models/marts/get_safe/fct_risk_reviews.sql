-- One row per review of a risk assessment that was or will be due. A review that was not held by the day the case closed is owed no
-- more, unless it was due before.
with

known as (
    {{ known_to('get_safe', 'risk_reviews') }}
),

reviews as (
    select
        children.child_key,
        reviews.risk_review_id,
        {{ row_key(['children.child_key', 'reviews.risk_assessment_id']) }} as assessment_key,
        reviews.review_due_date,
        {{ by_as_at('reviews.review_held_date') }} as review_held_date,
        reviews.level_before,
        {{ by_as_at('reviews.review_held_date', 'reviews.level_after') }} as level_after,
        {{ by_as_at('reviews.review_held_date', 'reviews.partners_present') }} as partners_present,
        known.known_to,
        reviews.team_code as team_name,
        reviews.snapshot_date,
        least(reviews.review_due_date, run.as_at) as team_date,
        reviews.load_id,
        reviews.row_number
    from {{ ref('stg_get_safe__risk_reviews') }} as reviews
    cross join {{ ref('stg_control__run') }} as run
    cross join known
    inner join {{ ref('int_children__identities') }} as children on reviews.child_id = children.child_id
)

select
    {{ row_key(['reviews.child_key', 'reviews.risk_review_id']) }} as risk_review_key,
    reviews.child_key,
    assessments.risk_assessment_key,
    assessments.get_safe_case_key,
    assessments.exploitation_type,
    reviews.review_due_date as due_date,
    reviews.review_held_date as held_date,
    {{ done_in_time('reviews.review_held_date', 'reviews.review_due_date', 'reviews.known_to', 'cases.closed_date') }} as is_in_time,
    reviews.level_before,
    reviews.level_after,
    levels_after.level_order - levels_before.level_order as level_change,
    {{ answered_yes('reviews.partners_present') }} as has_partners_present,
    {{ team_or_allocation_columns() }},
    reviews.load_id,
    reviews.row_number
from reviews
left join {{ ref('fct_risk_assessments') }} as assessments on reviews.assessment_key = assessments.risk_assessment_key
left join {{ ref('fct_get_safe_cases') }} as cases on assessments.get_safe_case_key = cases.get_safe_case_key
left join {{ ref('dim_risk_level') }} as levels_before
    on
        reviews.level_before = levels_before.risk_level
        and reviews.review_held_date >= levels_before.valid_from
        and reviews.review_held_date <= {{ end_or_never('levels_before.valid_to') }}
left join {{ ref('dim_risk_level') }} as levels_after
    on
        reviews.level_after = levels_after.risk_level
        and reviews.review_held_date >= levels_after.valid_from
        and reviews.review_held_date <= {{ end_or_never('levels_after.valid_to') }}
{{ team_joins('reviews', 'reviews.team_date') }}
{{ allocation_joins('reviews', 'reviews.team_date') }}
