-- One row per period of care that ended, on the day it did. Short breaks are no period of care. The team is the one that held the
-- case on the last day in care, where that is known, and not the one it began with.
with

ended as (
    select
        periods.cla_key,
        periods.child_key,
        periods.end_date,
        {{ care_end_group('periods.end_reason') }} as end_reason_group,
        coalesce(allocation_team.team_code, periods.team_code) as team_code,
        coalesce(allocation_team.service_code, periods.service_code) as service_code
    from {{ ref('fct_cla_periods') }} as periods
    {{ allocation_joins('periods', add_days('periods.end_date', -1)) }}
    where not periods.is_short_breaks and periods.end_date is not null
)

select
    {{ kpi_item_columns('ended', 'cla_key', 'end_date') }}
    ended.end_reason_group,
    1 as is_end,
    {{ kpi_flag("ended.end_reason_group = 'special_guardianship'") }} as is_special_guardianship,
    {{ kpi_flag("ended.end_reason_group = 'child_arrangements'") }} as is_child_arrangements,
    {{ kpi_flag("ended.end_reason_group = 'returned_home_planned'") }} as is_returned_home_planned,
    {{ kpi_flag("ended.end_reason_group = 'returned_home_unplanned'") }} as is_returned_home_unplanned,
    {{ kpi_flag("ended.end_reason_group = 'not_recorded'") }} as is_end_reason_not_recorded
from ended
{{ kpi_item_joins('ended', 'end_date') }}
