-- One row per service under its latest name, valid while any of its teams is.
with

versions as (
    select
        service_code,
        service_name,
        valid_from,
        valid_to,
        row_number() over (partition by service_code order by valid_from desc, team_code asc) as version_rank
    from {{ ref('dim_team') }}
)

select
    service_code,
    max(case when version_rank = 1 then service_name end) as service_name,
    min(valid_from) as valid_from,
    case when count(*) = count(valid_to) then max(valid_to) end as valid_to
from versions
group by service_code
