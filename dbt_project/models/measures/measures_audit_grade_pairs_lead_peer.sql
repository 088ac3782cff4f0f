-- One row per pair of grades given independently: the lead's and the peer auditor's grade of one audit, on the day the audit was completed.
-- The sums of ratings, squares and products are all a quadratic weighted kappa needs.
select
    {{ kpi_item_columns('pairs', 'grade_pair_key', 'compared_date') }}
    1 as is_pair,
    pairs.first_rank as first_rating,
    pairs.second_rank as second_rating,
    pairs.first_rank * pairs.first_rank as first_squared,
    pairs.second_rank * pairs.second_rank as second_squared,
    pairs.first_rank * pairs.second_rank as product
from {{ ref('fct_audit_grade_pairs') }} as pairs
{{ kpi_item_joins('pairs', 'compared_date') }}
where pairs.comparison = 'lead and peer'
