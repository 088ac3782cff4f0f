-- One row per period of care, on the day it began. Short breaks are no period of care.
select
    {{ kpi_item_columns('periods', 'cla_key', 'start_date') }}
    {{ legal_status_group('periods.first_legal_status') }} as legal_status_group,
    1 as is_start,
    {{ kpi_flag('periods.is_unaccompanied') }} as is_unaccompanied_start,
    {{ kpi_flag('periods.is_second_period_within_12_months is not null') }} as is_return_known,
    {{ kpi_flag('periods.is_second_period_within_12_months') }} as is_return_within_12_months
from {{ ref('fct_cla_periods') }} as periods
{{ kpi_item_joins('periods', 'start_date') }}
where not periods.is_short_breaks
