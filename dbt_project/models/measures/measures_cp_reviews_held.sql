-- One row per child and review child protection conference, on the day it was held. A child takes part from the fourth birthday on,
-- whatever is recorded; a review of an older child for which nothing is recorded, or the code of a child under four, is a gap.
{% set is_asked = age_in_years('children.date_of_birth', 'reviews.held_date') ~ " >= 4" %}

select
    {{ kpi_item_columns('reviews', 'cp_review_key', 'held_date') }}
    coalesce(reviews.participation, 'not_recorded') as participation,
    1 as is_review,
    {{ kpi_flag(is_asked) }} as is_child_four_or_older,
    {{ kpi_flag(is_asked ~ " and reviews.has_participated") }} as is_child_participating,
    {{ kpi_flag(is_asked ~ " and reviews.has_participated is null") }} as is_participation_not_recorded
from {{ ref('fct_cp_reviews') }} as reviews
{{ kpi_item_joins('reviews', 'held_date') }}
