-- One row per item of the multi-agency programme, on the day it was planned for; what was taken out of the programme is not planned.
with

items as (
    select
        programme_item_key,
        planned_date,
        activity,
        lead_agency,
        delivered_date,
        days_late,
        cast(null as varchar) as service_code,
        cast(null as varchar) as team_code
    from {{ ref('fct_partnership_programme') }}
    where not is_cancelled
)

select
    {{ kpi_plain_item_columns('items', 'programme_item_key', 'planned_date', 'cast(null as varchar)') }}
    items.activity,
    coalesce(items.lead_agency, 'not_recorded') as lead_agency,
    1 as is_planned,
    {{ kpi_flag('items.delivered_date is not null') }} as is_delivered,
    {{ kpi_flag('items.days_late <= 0') }} as is_delivered_on_time
from items
{{ kpi_plain_item_joins('items', 'planned_date') }}
