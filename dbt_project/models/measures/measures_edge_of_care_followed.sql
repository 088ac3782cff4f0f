-- One row per child whose work with the edge-of-care service ended twelve months ago out of care and protection, on the day the twelve
-- months end.
with

cases as (
    select
        edge_of_care_key,
        child_key,
        {{ add_months('work_ended_date', 12) }} as followed_to_date,
        goal,
        has_cp_plan_within_12_months,
        is_looked_after_within_12_months,
        service_code,
        team_code
    from {{ ref('fct_edge_of_care') }}
    where is_out_of_care_and_protection_at_end
)

select
    {{ kpi_item_columns('cases', 'edge_of_care_key', 'followed_to_date') }}
    coalesce(cases.goal, 'not_recorded') as goal,
    1 as is_followed,
    {{ kpi_flag('not cases.has_cp_plan_within_12_months and not cases.is_looked_after_within_12_months') }} as is_still_out
from cases
{{ kpi_item_joins('cases', 'followed_to_date') }}
where cases.has_cp_plan_within_12_months is not null and cases.is_looked_after_within_12_months is not null
