-- Reviews of each period of care in their order, and the next one that is due. The first is counted from the start of the
-- period (working days: day 0 is the start), the second from the first, later ones from the one before, by the edition
-- of the standard in force on that day. Reviews before the first day the table covers are not known: of a period that began
-- before it the reviews have no number, the first one held is not judged, and the others are later ones.
-- Two records of a child on one day are one review. The next review takes over what is recorded of one called but not held.
-- A review is known until it is held or the period ends: clock_start_date to clock_end_date, the end not included.
with

children_of_periods as (
    select
        episodes.cla_id,
        min(children.child_key) as child_key
    from {{ ref('stg_ssd__cla_episodes') }} as episodes
    inner join {{ ref('int_children__identities') }} as children on episodes.child_id = children.child_id
    where episodes.cla_id is not null
    group by episodes.cla_id
),

on_days as (
    select
        children.child_key,
        reviews.cla_review_id,
        {{ by_as_at('reviews.cla_review_date') }} as review_date,
        coalesce(
            {{ by_as_at('reviews.cla_review_date') }}, reviews.cla_review_due_date
        ) as review_day,
        reviews.cla_review_due_date as recorded_due_date,
        coalesce(reviews.cla_review_cancelled = 'yes', false) as is_cancelled,
        reviews.participation,
        reviews.load_id,
        reviews.row_number
    from {{ ref('stg_ssd__cla_reviews') }} as reviews
    cross join {{ ref('stg_control__run') }} as run
    inner join children_of_periods as children on reviews.cla_id = children.cla_id
),

recorded as (
    select
        reviews.child_key,
        reviews.cla_review_id,
        periods.start_date as period_start_date,
        periods.end_date as period_end_date,
        reviews.review_date,
        reviews.recorded_due_date,
        reviews.is_cancelled,
        reviews.participation,
        reviews.load_id,
        reviews.row_number
    from on_days as reviews
    inner join {{ ref('int_children_looked_after__periods') }} as periods
        on
            reviews.child_key = periods.child_key
            and not periods.is_short_break
            and reviews.review_day >= periods.start_date
            and reviews.review_day < {{ end_or_never('periods.next_start_date') }}
),

held as (
    select
        child_key,
        cla_review_id,
        period_start_date,
        review_date,
        recorded_due_date,
        participation,
        load_id,
        row_number,
        row_number() over (partition by child_key, period_start_date, review_date order by cla_review_id desc) as copy_number
    from recorded
    where
        not is_cancelled
        and review_date is not null
        and (period_end_date is null or review_date <= period_end_date)
),

called as (
    select
        child_key,
        period_start_date,
        max(recorded_due_date) as recorded_due_date
    from recorded
    where not is_cancelled and review_date is null
    group by child_key, period_start_date
),

reviews_and_next as (
    select
        child_key,
        cla_review_id,
        period_start_date,
        review_date,
        recorded_due_date,
        participation,
        load_id,
        row_number
    from held
    where copy_number = 1
    union all
    select
        periods.child_key,
        cast(null as varchar) as cla_review_id,
        periods.start_date as period_start_date,
        cast(null as date) as review_date,
        called.recorded_due_date,
        cast(null as varchar) as participation,
        cast(null as bigint) as load_id,
        cast(null as integer) as row_number
    from {{ ref('int_children_looked_after__periods') }} as periods
    left join called on periods.child_key = called.child_key and periods.start_date = called.period_start_date
    where not periods.is_short_break
),

in_order as (
    select
        child_key,
        cla_review_id,
        period_start_date,
        review_date,
        recorded_due_date,
        participation,
        row_number() over (
            partition by child_key, period_start_date order by case when review_date is null then 1 else 0 end, review_date
        ) as place,
        lag(review_date) over (
            partition by child_key, period_start_date order by case when review_date is null then 1 else 0 end, review_date
        ) as previous_review_date,
        load_id,
        row_number
    from reviews_and_next
),

covered as (
    select min(covered_from) as covered_from
    from {{ ref('int_control__coverage') }}
    where source = 'ssd' and table_name = 'cla_reviews'
),

clocks as (
    select
        in_order.child_key,
        in_order.cla_review_id,
        in_order.period_start_date,
        in_order.review_date,
        in_order.recorded_due_date,
        in_order.participation,
        in_order.previous_review_date,
        coalesce(in_order.previous_review_date, in_order.period_start_date) as clock_start_date,
        case when in_order.period_start_date >= covered.covered_from then in_order.place end as review_number,
        case
            when in_order.period_start_date >= covered.covered_from and in_order.place = 1 then 'first_care_review'
            when in_order.period_start_date >= covered.covered_from and in_order.place = 2 then 'second_care_review'
            when in_order.previous_review_date is not null then 'next_care_reviews'
        end as standard,
        in_order.load_id,
        in_order.row_number
    from in_order
    cross join covered
)

select
    clocks.child_key,
    clocks.cla_review_id,
    clocks.period_start_date,
    clocks.clock_start_date,
    coalesce(clocks.review_date, periods.end_date) as clock_end_date,
    periods.end_date as period_end_date,
    clocks.review_number,
    clocks.review_date,
    clocks.previous_review_date,
    clocks.recorded_due_date,
    {{ due_after('clocks.clock_start_date', 'review_standard') }} as due_date,
    {{ in_time_until('clocks.clock_start_date', 'review_standard') }} as in_time_until,
    clocks.participation,
    false as is_cancelled,
    clocks.load_id,
    clocks.row_number
from clocks
inner join {{ ref('int_children_looked_after__periods') }} as periods
    on clocks.child_key = periods.child_key and clocks.period_start_date = periods.start_date
left join {{ ref('int_control__practice_standards') }} as review_standard
    on
        clocks.standard = review_standard.standard
        and clocks.clock_start_date between review_standard.valid_from and review_standard.valid_to
{{ due_joins('clocks.clock_start_date', 'review_standard') }}

union all

select
    child_key,
    cla_review_id,
    period_start_date,
    cast(null as date) as clock_start_date,
    cast(null as date) as clock_end_date,
    cast(null as date) as period_end_date,
    cast(null as bigint) as review_number,
    cast(null as date) as review_date,
    cast(null as date) as previous_review_date,
    recorded_due_date,
    cast(null as date) as due_date,
    cast(null as date) as in_time_until,
    participation,
    true as is_cancelled,
    load_id,
    row_number
from recorded
where is_cancelled
