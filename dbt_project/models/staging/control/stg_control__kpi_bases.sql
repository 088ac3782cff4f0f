select
    code,
    basis,
    ordinal,
    has_teams
from {{ source('control', 'kpi_bases') }}
