-- One row per review of a child looked after, on the day it fell due. Cancelled reviews are due as the one held instead; one that fell
-- due after care ended, though held before, is on neither side.
select
    {{ kpi_item_columns('reviews', 'cla_review_key', 'due_date') }}
    {{ kpi_flag('reviews.is_due_in_period and reviews.is_on_time is not null') }} as is_review_due,
    {{ kpi_flag('reviews.is_due_in_period and reviews.is_on_time') }} as is_on_time,
    {{ kpi_flag('reviews.is_due_in_period and not reviews.is_on_time and reviews.review_date is null') }} as is_not_held
from {{ ref('fct_cla_reviews') }} as reviews
{{ kpi_item_joins('reviews', 'due_date') }}
where not reviews.is_cancelled
