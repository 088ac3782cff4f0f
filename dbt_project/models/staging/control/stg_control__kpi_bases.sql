select
    code,
    basis,
    ordinal,
    has_services,
    has_teams
from {{ source('control', 'kpi_bases') }}
