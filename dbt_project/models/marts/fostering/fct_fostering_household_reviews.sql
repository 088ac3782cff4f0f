-- Reviews of households. A review is due a year (practice standard foster_carer_review) after the review held before it, the first
-- one after the approval; where neither is held, the day the service recorded stands. An extra review is owed to nobody, but starts
-- the year anew. A review not held falls away when the household ends by the day it was due.
with

reviews as (
    select
        households.household_key,
        households.household_kind,
        households.household_group,
        households.approved_date,
        households.ended_date,
        reviews.household_review_id,
        reviews.household_review_kind as review_kind,
        reviews.household_review_due_date as recorded_due_date,
        {{ by_as_at('reviews.household_review_held_date') }} as held_date,
        {{ by_as_at('reviews.household_review_held_date', 'reviews.children_views_sought') }} as children_views_sought,
        {{ by_as_at('reviews.household_review_held_date', 'reviews.continued_suitability_agreed') }} as continued_suitability_agreed,
        {{ by_as_at('reviews.household_review_held_date', 'reviews.review_to_panel') }} as review_to_panel,
        {{ by_as_at('reviews.review_decided_date') }} as decided_date,
        households.team_name,
        {{ reference_day('reviews') }} as known_to,
        run.as_at,
        reviews.snapshot_date,
        reviews.load_id,
        reviews.row_number
    from {{ ref('stg_fostering__household_reviews') }} as reviews
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_fostering__households') }} as households on reviews.household_id = households.household_id
),

followed as (
    select
        household_key,
        household_kind,
        household_group,
        approved_date,
        ended_date,
        household_review_id,
        review_kind,
        recorded_due_date,
        held_date,
        children_views_sought,
        continued_suitability_agreed,
        review_to_panel,
        decided_date,
        team_name,
        known_to,
        as_at,
        snapshot_date,
        load_id,
        row_number,
        -- a review that is not held stands where it was due
        max(held_date) over (
            partition by household_key
            order by coalesce(held_date, recorded_due_date), household_review_id
            rows between unbounded preceding and 1 preceding
        ) as previous_held_date,
        row_number() over (
            partition by household_key
            order by coalesce(held_date, recorded_due_date), household_review_id
        ) as place
    from reviews
),

counted as (
    select
        household_key,
        household_kind,
        household_group,
        ended_date,
        household_review_id,
        review_kind,
        recorded_due_date,
        held_date,
        -- the approval counts for the first review only: before the first one held of an old household others were held
        coalesce(previous_held_date, case when review_kind = 'first' then approved_date end) as counted_from_date,
        children_views_sought,
        continued_suitability_agreed,
        review_to_panel,
        decided_date,
        team_name,
        known_to,
        as_at,
        snapshot_date,
        load_id,
        row_number
    from followed
),

due as (
    select
        counted.household_key,
        counted.household_kind,
        counted.household_group,
        counted.ended_date,
        counted.household_review_id,
        counted.review_kind,
        counted.counted_from_date,
        counted.recorded_due_date,
        coalesce({{ due_after('counted.counted_from_date', 'review_standard') }}, counted.recorded_due_date) as due_date,
        counted.held_date,
        counted.children_views_sought,
        counted.continued_suitability_agreed,
        counted.review_to_panel,
        counted.decided_date,
        counted.team_name,
        counted.known_to,
        counted.as_at,
        counted.snapshot_date,
        counted.load_id,
        counted.row_number
    from counted
    {{ standard_join('foster_carer_review', 'counted.counted_from_date', 'review_standard') }}
    {{ due_joins('counted.counted_from_date', 'review_standard') }}
)

select
    {{ row_key(['due.household_key', 'due.household_review_id']) }} as fostering_household_review_key,
    due.household_key,
    due.household_kind,
    due.household_group,
    due.review_kind,
    due.counted_from_date,
    due.due_date,
    due.recorded_due_date,
    due.held_date,
    case
        when due.review_kind = 'other' then null
        else {{ done_in_time('due.held_date', 'due.due_date', 'due.known_to', 'due.ended_date') }}
    end as is_in_time,
    {{ answered_yes('due.children_views_sought') }} as is_children_views_sought,
    {{ answered_yes('due.continued_suitability_agreed') }} as is_suitability_agreed,
    {{ answered_yes('due.review_to_panel') }} as is_to_panel,
    due.decided_date,
    {{ team_columns() }},
    due.load_id,
    due.row_number
from due
{{ team_joins('due', 'coalesce(due.held_date, least(due.due_date, due.as_at))') }}
