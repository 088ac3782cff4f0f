-- Each team name belongs to one team on any day: where two teams share a name, the one that starts later takes over,
-- so that a look-up by name never doubles a row. A name outlives its team: case systems go on showing it for a while, so
-- it stands for its last team until another takes it.
with

named as (
    select
        lower(trim(team_name)) as team_name_key,
        team_code,
        coalesce(nullif(trim(service_code), ''), 'unmapped') as service_code,
        coalesce(valid_from, cast('1900-01-01' as date)) as valid_from,
        row_number() over (
            partition by lower(trim(team_name)), coalesce(valid_from, cast('1900-01-01' as date))
            order by team_code
        ) as rank_of_name
    from {{ ref('stg_reference__organisation') }}
    where trim(team_name) <> ''
),

followed as (
    select
        team_name_key,
        team_code,
        service_code,
        valid_from,
        lead(valid_from) over (partition by team_name_key order by valid_from) as next_valid_from
    from named
    where rank_of_name = 1
)

select
    team_name_key,
    team_code,
    service_code,
    valid_from,
    coalesce({{ add_days('next_valid_from', -1) }}, cast('9999-12-31' as date)) as valid_to
from followed
