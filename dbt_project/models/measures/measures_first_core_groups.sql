-- One row per child protection plan whose first core group was due, on that day. A plan that ended by then without one owes none.
select
    {{ kpi_item_columns('core_groups', 'cp_plan_key', 'due_date') }}
    1 as is_core_group_due,
    {{ kpi_flag('core_groups.is_in_time') }} as is_core_group_in_time,
    {{ kpi_flag('core_groups.held_date is null') }} as is_core_group_not_recorded
from {{ ref('fct_first_core_groups') }} as core_groups
{{ kpi_item_joins('core_groups', 'due_date') }}
where core_groups.is_in_time is not null
