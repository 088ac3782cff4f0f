-- A team is dated: one row per team and start of validity, because reorganisations happen yearly.
with

versions as (
    select
        team_code,
        team_name,
        coalesce(nullif(trim(service_code), ''), 'unmapped') as service_code,
        coalesce(nullif(trim(service_name), ''), 'Not mapped to a service') as service_name,
        valid_from,
        valid_to
    from {{ ref('stg_reference__organisation') }}
    union all
    select
        'unmapped' as team_code,
        'Not mapped to a team' as team_name,
        'unmapped' as service_code,
        'Not mapped to a service' as service_name,
        cast('2010-01-01' as date) as valid_from,
        cast(null as date) as valid_to
)

select
    team_code,
    team_name,
    service_code,
    service_name,
    valid_from,
    valid_to,
    row_number() over (partition by team_code order by valid_from desc) = 1 as is_latest
from versions
