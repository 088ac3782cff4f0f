-- One row per fostering household and change: the day it was fully approved, and the day the approval ended. Of a household that was
-- only temporarily approved neither is one.
with

changes as (
    select
        {{ row_key(['households.household_key', "'approved'"]) }} as change_key,
        households.approved_date as change_date,
        households.household_group,
        1 as net_change,
        households.team_code,
        households.service_code
    from {{ ref('fct_fostering_households') }} as households
    where households.approved_date is not null
    union all
    select
        {{ row_key(['households.household_key', "'ended'"]) }} as change_key,
        households.ended_date as change_date,
        households.household_group,
        -1 as net_change,
        households.team_code,
        households.service_code
    from {{ ref('fct_fostering_households') }} as households
    where households.approved_date is not null and households.ended_date is not null
)

select
    {{ kpi_plain_item_columns('changes', 'change_key', 'change_date', child_key='cast(null as varchar)') }}
    coalesce(changes.household_group, 'unknown') as household_group,
    changes.net_change,
    {{ kpi_flag('changes.net_change = 1') }} as is_approved,
    {{ kpi_flag('changes.net_change = -1') }} as is_ended
from changes
{{ kpi_plain_item_joins('changes', 'change_date') }}
