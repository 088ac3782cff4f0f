-- A team is dated: one row per team and start of validity, because reorganisations happen yearly. A figure of last year shows
-- last year's structure by the team's code and day, and today's by the columns latest_*.
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
),

ranked as (
    select
        team_code,
        team_name,
        service_code,
        service_name,
        valid_from,
        valid_to,
        row_number() over (partition by team_code order by valid_from desc) as recency
    from versions
)

select
    ranked.team_code,
    ranked.team_name,
    ranked.service_code,
    ranked.service_name,
    ranked.valid_from,
    ranked.valid_to,
    ranked.recency = 1 as is_latest,
    latest.team_name as latest_team_name,
    latest.service_code as latest_service_code,
    latest.service_name as latest_service_name
from ranked
inner join ranked as latest on ranked.team_code = latest.team_code and latest.recency = 1
