-- One row per review: held, cancelled, missed when care ended, or the next one that is due. One that was not due yet when
-- care ended has no row. One that fell due after the last day the reviews cover may have been held: it is not judged.
-- One held ahead of a day after care ended is on time, but was not due in the period.
with

known as (
    {{ known_to('ssd', 'cla_reviews') }}
),

reviews as (
    select
        reviews.child_key,
        reviews.cla_review_id,
        reviews.period_start_date,
        reviews.review_number,
        reviews.review_date,
        reviews.recorded_due_date,
        reviews.due_date,
        reviews.is_cancelled,
        reviews.participation,
        reviews.load_id,
        reviews.row_number,
        reviews.due_date <= {{ end_or_never('reviews.period_end_date') }} as is_due_in_period,
        case
            when reviews.is_cancelled then null
            when reviews.review_date is not null then reviews.review_date <= reviews.in_time_until
            when {{ is_overdue('reviews.in_time_until', 'run.as_at', 'known.known_to') }} then false
        end as is_on_time,
        least(coalesce(reviews.review_date, reviews.due_date, reviews.recorded_due_date), run.as_at) as team_day
    from {{ ref('int_children_looked_after__reviews') }} as reviews
    cross join {{ ref('stg_control__run') }} as run
    cross join known
    where
        reviews.review_date is not null
        or reviews.is_cancelled
        or reviews.clock_end_date is null
        or reviews.due_date < reviews.clock_end_date
)

select
    {{ row_key(['reviews.child_key', "coalesce(reviews.cla_review_id, 'next')", 'reviews.period_start_date']) }} as cla_review_key,
    reviews.child_key,
    {{ row_key(['reviews.child_key', 'reviews.period_start_date']) }} as cla_key,
    reviews.review_number,
    reviews.recorded_due_date,
    reviews.due_date,
    reviews.review_date,
    reviews.is_on_time,
    reviews.is_due_in_period,
    reviews.is_cancelled,
    reviews.participation,
    case
        when reviews.participation in ('PN1', 'PN2', 'PN3', 'PN5', 'PN6') then true
        when reviews.participation in ('PN4', 'PN7') then false
    end as has_participated,
    {{ allocation_columns() }},
    reviews.load_id,
    reviews.row_number
from reviews
{{ allocation_joins('reviews', 'reviews.team_day') }}
