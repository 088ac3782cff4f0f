-- One row per review of a fostering household, on the last day it was in time. An extra review is owed to nobody.
select
    {{ kpi_plain_item_columns('reviews', 'fostering_household_review_key', 'due_date', child_key='cast(null as varchar)') }}
    coalesce(reviews.household_group, 'unknown') as household_group,
    {{ kpi_flag('reviews.is_in_time is not null') }} as is_review_due,
    {{ kpi_flag('reviews.is_in_time') }} as is_review_in_time,
    {{ kpi_flag('not reviews.is_in_time and reviews.held_date is null') }} as is_review_not_recorded
from {{ ref('fct_fostering_household_reviews') }} as reviews
{{ kpi_plain_item_joins('reviews', 'due_date') }}
where reviews.review_kind is null or reviews.review_kind <> 'other'
