-- Whatever a source calls a team by: its name (Annex A), its code, or the number the case system gives it (found by the name).
-- Each such name belongs to one team on any day: where two teams share a name, the one that starts later takes over,
-- so that a look-up by name never doubles a row. A name outlives its team: case systems go on showing it for a while, so
-- it stands for its last team until another takes it.
with

called as (
    select
        lower(trim(team_name)) as team_name_key,
        team_code,
        service_code,
        valid_from,
        1 as preference
    from {{ ref('stg_reference__organisation') }}
    where trim(team_name) <> ''
    union all
    select
        lower(trim(team_code)) as team_name_key,
        team_code,
        service_code,
        valid_from,
        2 as preference
    from {{ ref('stg_reference__organisation') }}
    union all
    select
        lower(trim(departments.team_id)) as team_name_key,
        organisation.team_code,
        organisation.service_code,
        organisation.valid_from,
        3 as preference
    from {{ ref('stg_ssd__department') }} as departments
    inner join {{ ref('stg_reference__organisation') }} as organisation
        on lower(trim(departments.team_name)) = lower(trim(organisation.team_name))
),

named as (
    select
        team_name_key,
        team_code,
        coalesce(nullif(trim(service_code), ''), 'unmapped') as service_code,
        coalesce(valid_from, cast('1900-01-01' as date)) as valid_from,
        row_number() over (
            partition by team_name_key, coalesce(valid_from, cast('1900-01-01' as date))
            order by preference, team_code
        ) as rank_of_name
    from called
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
