-- One row per family and programme year, on the first day of that year on which it was worked with.
select
    {{ kpi_plain_item_columns('families', 'programme_family_key', 'counted_date', 'cast(null as varchar)') }}
    families.programme,
    1 as is_family,
    {{ kpi_flag('not families.is_carried_over') }} as is_newly_engaged
from {{ ref('fct_programme_families') }} as families
{{ kpi_plain_item_joins('families', 'counted_date') }}
