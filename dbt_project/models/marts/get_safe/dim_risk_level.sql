-- The levels of exploitation risk, as the authority names and orders them.
select
    {{ row_key(['risk_level', 'valid_from']) }} as risk_level_key,
    risk_level,
    level_title,
    level_order,
    {{ answered_yes('counts_as_open_risk') }} as is_open_risk,
    review_interval_days,
    valid_from,
    valid_to
from {{ ref('stg_get_safe__risk_levels') }}
