-- One row per own home open at a month end.
select
    {{ kpi_plain_item_columns('homes', 'home_key', 'reference_date', child_key='cast(null as varchar)') }}
    coalesce(homes.home_kind, 'unknown') as home_kind,
    {{ kpi_flag('homes.is_good_or_better is not null') }} as is_judged,
    {{ kpi_flag('homes.is_good_or_better') }} as is_good_or_better,
    {{ kpi_flag('homes.is_good_or_better is null') }} as is_not_judged
from {{ ref('fct_homes_month_end') }} as homes
{{ kpi_plain_item_joins('homes', 'reference_date') }}
