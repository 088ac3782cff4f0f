-- One row per review of a child looked after, on the day it was held. Under four (and PN0, which says so) no part is asked for.
{% set age = age_in_years('children.date_of_birth', 'reviews.review_date') %}
{% set is_asked = age ~ " >= 4 and coalesce(reviews.participation, '') <> 'PN0'" %}

select
    {{ kpi_item_columns('reviews', 'cla_review_key', 'review_date') }}
    {{ kpi_flag(is_asked) }} as is_participation_asked,
    {{ kpi_flag(is_asked ~ ' and reviews.has_participated') }} as is_participation,
    {{ kpi_flag(is_asked ~ ' and not reviews.has_participated') }} as is_no_participation,
    {{ kpi_flag(is_asked ~ ' and reviews.has_participated is null') }} as is_participation_not_recorded
from {{ ref('fct_cla_reviews') }} as reviews
{{ kpi_item_joins('reviews', 'review_date') }}
where not reviews.is_cancelled
