-- A review belongs to the plan whose number it gives, or else to the plan of its day. Those held are numbered by their days; one
-- that is booked or due but not held follows them, with no day held. A review nobody recorded has no row: whether one is due or
-- overdue on a day is said by fct_cp_plans_month_end.
-- The first review is due so long after the initial conference (after the plan's first day where no conference is known), each
-- later one so long after the review before: the practice standards in force on the day counted from say how long. The day the
-- source gives as due is kept beside it and decides nothing. A review not held is late when that day has passed with the plan
-- still open; it is neither in time nor late until then, nor when the day lies after the last one the reviews cover. A review
-- recorded under both ids of a child is one. Of a plan that began before the reviews held do, the first one held has no number and
-- no due day: there was one before it, perhaps.
with

recorded as (
    select
        children.child_key,
        reviews.cp_review_id,
        reviews.cp_plan_id,
        {{ by_as_at('reviews.cp_review_date') }} as held_date,
        -- where it is looked for when it names no plan: an open plan holds days still to come
        coalesce(reviews.cp_review_date, reviews.cp_review_due_date) as review_day,
        reviews.cp_review_due_date as recorded_due_date,
        reviews.quorate,
        reviews.participation,
        reviews.continue_plan,
        reviews.load_id,
        reviews.row_number
    from {{ ref('stg_ssd__cp_reviews') }} as reviews
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on reviews.child_id = children.child_id
    where reviews.cp_review_date is not null or reviews.cp_review_due_date is not null
),

placed as (
    select
        recorded.child_key,
        recorded.cp_review_id,
        recorded.held_date,
        recorded.recorded_due_date,
        recorded.quorate,
        recorded.participation,
        recorded.continue_plan,
        recorded.load_id,
        recorded.row_number,
        plans.cp_plan_key,
        plans.end_date,
        case when history.covered_from is not null then plans.review_clock_date end as review_clock_date,
        row_number() over (
            partition by recorded.cp_review_id
            order by
                case when recorded.cp_plan_id = plans.cp_plan_id then 0 else 1 end,
                case when plans.is_other_authority_plan then 1 else 0 end,
                plans.start_date
        ) as place
    from recorded
    left join {{ ref('int_child_protection__plans') }} as plans
        on
            recorded.child_key = plans.child_key
            and (
                recorded.cp_plan_id = plans.cp_plan_id
                or recorded.review_day between plans.start_date and coalesce(plans.end_date, cast('9999-12-31' as date))
            )
    left join {{ ref('int_control__coverage') }} as history
        on
            history.source = 'ssd'
            and history.table_name = 'cp_reviews'
            and plans.review_clock_date between history.covered_from and history.covered_to
),

distinct_reviews as (
    select
        child_key,
        cp_review_id,
        held_date,
        recorded_due_date,
        quorate,
        participation,
        continue_plan,
        load_id,
        row_number,
        cp_plan_key,
        end_date,
        review_clock_date,
        row_number() over (
            partition by child_key, cp_plan_key, held_date, case when held_date is null then recorded_due_date end
            order by {{ in_number_order('cp_review_id') }}
        ) as recording
    from placed
    where place = 1
),

numbered as (
    select
        child_key,
        cp_review_id,
        held_date,
        recorded_due_date,
        quorate,
        participation,
        continue_plan,
        load_id,
        row_number,
        cp_plan_key,
        end_date,
        review_clock_date,
        row_number() over (
            partition by child_key, cp_plan_key
            order by
                case when held_date is null then 1 else 0 end,
                coalesce(held_date, recorded_due_date),
                {{ in_number_order('cp_review_id') }}
        ) as review_number
    from distinct_reviews
    where recording = 1
),

followed as (
    select
        child_key,
        cp_review_id,
        held_date,
        recorded_due_date,
        quorate,
        participation,
        continue_plan,
        load_id,
        row_number,
        cp_plan_key,
        end_date,
        review_clock_date,
        review_number,
        max(held_date) over (
            partition by child_key, cp_plan_key order by review_number rows between unbounded preceding and 1 preceding
        ) as previous_held_date
    from numbered
),

known as (
    {{ known_to('ssd', 'cp_reviews') }}
),

clocked as (
    select
        reviews.child_key,
        reviews.cp_review_id,
        reviews.held_date,
        reviews.recorded_due_date,
        {{ answered_yes('reviews.quorate') }} as is_quorate,
        reviews.participation,
        {{ answered_yes('reviews.continue_plan') }} as is_plan_continued,
        reviews.load_id,
        reviews.row_number,
        reviews.cp_plan_key,
        -- what happens on the day a plan ends, or on the as-at date itself, is not late yet
        least(run.as_at, coalesce(reviews.end_date, run.as_at)) as judged_date,
        coalesce(reviews.held_date, run.as_at) as team_date,
        case when reviews.review_clock_date is not null then reviews.review_number end as review_number,
        case when reviews.cp_plan_key is not null then reviews.previous_held_date end as previous_review_date,
        case
            when reviews.cp_plan_key is not null then coalesce(reviews.previous_held_date, reviews.review_clock_date)
        end as counted_from_date
    from followed as reviews
    cross join {{ ref('stg_control__run') }} as run
),

due as (
    select
        reviews.child_key,
        reviews.cp_review_id,
        reviews.held_date,
        reviews.recorded_due_date,
        reviews.is_quorate,
        reviews.participation,
        reviews.is_plan_continued,
        reviews.load_id,
        reviews.row_number,
        reviews.cp_plan_key,
        reviews.judged_date,
        reviews.team_date,
        reviews.review_number,
        reviews.previous_review_date,
        reviews.counted_from_date,
        case
            when reviews.previous_review_date is null then {{ due_after('reviews.counted_from_date', 'first_standard') }}
            else {{ due_after('reviews.counted_from_date', 'next_standard') }}
        end as due_date
    from clocked as reviews
    {{ standard_join('first_conference_review', 'reviews.counted_from_date', 'first_standard') }}
    {{ due_joins('reviews.counted_from_date', 'first_standard') }}
    {{ standard_join('next_conference_reviews', 'reviews.counted_from_date', 'next_standard') }}
    {{ due_joins('reviews.counted_from_date', 'next_standard') }}
)

select
    {{ row_key(['reviews.child_key', 'reviews.cp_review_id']) }} as cp_review_key,
    reviews.child_key,
    reviews.cp_plan_key,
    reviews.review_number,
    reviews.counted_from_date,
    reviews.previous_review_date,
    reviews.recorded_due_date,
    reviews.due_date,
    reviews.held_date,
    case
        when reviews.held_date is not null then reviews.held_date <= reviews.due_date
        when {{ is_overdue('reviews.due_date', 'reviews.judged_date', 'known.known_to') }} then false
    end as is_on_time,
    reviews.is_quorate,
    reviews.participation,
    -- a child under four at the review (PN0) is not asked to take part
    case
        when reviews.participation in ('PN1', 'PN2', 'PN3', 'PN5', 'PN6') then true
        when reviews.participation in ('PN4', 'PN7') then false
    end as has_participated,
    reviews.is_plan_continued,
    {{ allocation_columns() }},
    workers.worker_key,
    reviews.load_id,
    reviews.row_number
from due as reviews
cross join known
{{ allocation_joins('reviews', 'reviews.team_date') }}
left join {{ ref('stg_control__worker_keys') }} as workers on allocation.worker_id = workers.worker_id
