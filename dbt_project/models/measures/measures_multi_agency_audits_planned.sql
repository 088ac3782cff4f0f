-- One row per audit of the partnership's programme, on the day it was planned for. It belongs to no service.
with

audits as (
    select
        multi_agency_audit_key,
        planned_date,
        commissioning_group,
        completed_date,
        reported_date,
        cast(null as varchar) as child_key,
        cast(null as varchar) as service_code,
        cast(null as varchar) as team_code
    from {{ ref('fct_multi_agency_audits') }}
)

select
    {{ kpi_plain_item_columns('audits', 'multi_agency_audit_key', 'planned_date') }}
    audits.commissioning_group,
    1 as is_planned,
    {{ kpi_flag('audits.completed_date is not null') }} as is_completed,
    {{ kpi_flag('audits.reported_date is not null') }} as is_reported
from audits
{{ kpi_plain_item_joins('audits', 'planned_date') }}
