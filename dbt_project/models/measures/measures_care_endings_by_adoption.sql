-- One row per period of care that ended, on the day it ended, by whether it ended with adoption. Short breaks are no period of care.
select
    {{ kpi_item_columns('periods', 'cla_key', 'end_date') }}
    1 as is_care_ended,
    -- E11 adopted, application unopposed; E12 adopted, consent dispensed with
    {{ kpi_flag("periods.end_reason in ('E11', 'E12')") }} as is_adopted,
    {{ kpi_flag('periods.end_reason is null') }} as is_end_reason_not_recorded
from {{ ref('fct_cla_periods') }} as periods
{{ kpi_item_joins('periods', 'end_date') }}
where not periods.is_short_breaks
