-- One row per audit with actions to review, on the day its 8-week review fell due.
select
    {{ kpi_item_columns('reviews', 'audit_key', 'review_due_date') }}
    1 as is_review_due,
    {{ kpi_flag('reviews.is_review_in_time') }} as is_review_in_time,
    {{ kpi_flag('reviews.is_review_in_time and reviews.is_footprint_recorded') }} as is_review_in_time_on_file,
    {{ kpi_flag('reviews.is_review_in_time and reviews.is_footprint_recorded is null') }} as is_footprint_not_recorded
from {{ ref('fct_audit_reviews') }} as reviews
{{ kpi_item_joins('reviews', 'review_due_date') }}
