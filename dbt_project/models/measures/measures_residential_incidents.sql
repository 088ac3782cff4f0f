-- One row per incident in an own home and child concerned.
select
    {{ kpi_plain_item_columns('incidents', 'residential_incident_key', 'incident_date') }}
    coalesce(incidents.home_kind, 'unknown') as home_kind,
    coalesce(incidents.incident_kind, 'not_recorded') as incident_kind,
    1 as is_incident,
    {{ kpi_flag('incidents.is_restraint') }} as is_restraint,
    {{ kpi_flag('incidents.is_serious') }} as is_serious,
    {{ kpi_flag('incidents.is_restraint or incidents.is_serious') }} as is_restraint_or_serious
from {{ ref('fct_residential_incidents') }} as incidents
{{ kpi_plain_item_joins('incidents', 'incident_date') }}
