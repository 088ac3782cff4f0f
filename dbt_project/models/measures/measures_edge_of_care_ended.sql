-- One row per child whose work with the edge-of-care service ended, on that day.
select
    {{ kpi_item_columns('cases', 'edge_of_care_key', 'work_ended_date') }}
    coalesce(cases.goal, 'not_recorded') as goal,
    1 as is_closed,
    {{ kpi_flag('cases.is_out_of_care_and_protection_at_end') }} as is_out_of_care_and_protection,
    {{ kpi_flag('cases.is_out_of_care_and_protection_at_end is null') }} as is_outcome_not_recorded
from {{ ref('fct_edge_of_care') }} as cases
{{ kpi_item_joins('cases', 'work_ended_date') }}
where cases.work_ended_date is not null
