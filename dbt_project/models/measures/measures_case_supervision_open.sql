-- One row per child in an open episode of need at a month end. A case that has not been discussed yet and need not have been stands
-- outside the denominator.
select
    {{ kpi_item_columns('cases', 'child_key', 'reference_date') }}
    {{ kpi_flag('cases.is_in_time is not null') }} as is_supervision_due,
    {{ kpi_flag('cases.is_in_time') }} as is_supervised_in_time,
    {{ kpi_flag('cases.is_recorded_in_time') }} as is_recorded_in_time,
    {{ kpi_flag('cases.is_in_time and not cases.is_recorded_in_time') }} as is_record_missing,
    {{ kpi_flag('cases.is_not_yet_due') }} as is_not_yet_due
from {{ ref('fct_case_supervision_month_end') }} as cases
{{ kpi_item_joins('cases', 'reference_date') }}
