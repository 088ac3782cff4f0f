-- Open cases on the position date and on the day before it. The position date is the earlier of the as-at date and the last day
-- that all of what the dashboards count is known to: what should have happened after it may have happened and not be here.
-- A child with several open spells shows the first status that holds: looked after (short breaks are not), child protection plan
-- (another authority's too: the child is visited here), child in need plan, care leaver, open assessment, any other open episode.
-- Care leavers come as monthly snapshots, which have no first day: who receives a service now did so the day before as well.
-- The team and worker are those that hold the case on the day; where nobody is recorded to, those of the spell itself.
with

last_days as (
    select known_to
    from {{ ref('int_control__known_to') }}
    where fact in ('assessments', 'cin_episodes', 'cp_plans', 'cla_periods')

    union all

    select max(covered_to) as known_to
    from {{ ref('int_control__coverage') }}
    where
        source = 'ssd'
        and table_name in ('cin_visits', 'cla_reviews', 'cla_visits', 'cp_reviews', 'cp_visits', 'involvements')
    group by table_name
),

known as (
    select min(known_to) as known_to
    from last_days
),

position as (
    select least(run.as_at, coalesce(known.known_to, run.as_at)) as position_date
    from {{ ref('stg_control__run') }} as run
    cross join known
),

days as (
    select
        position_date,
        position_date as day
    from position

    union all

    select
        position_date,
        {{ add_days('position_date', -1) }} as day
    from position
),

spells as (
    select
        child_key,
        1 as place,
        'looked after' as status,
        cla_key as spell_key,
        start_date,
        end_date,
        0 as preference,
        cast(null as varchar) as worker_key,
        team_code,
        service_code
    from {{ ref('fct_cla_periods') }}
    where not is_short_breaks

    union all

    select
        child_key,
        2 as place,
        'child protection plan' as status,
        cp_plan_key as spell_key,
        start_date,
        end_date,
        case when is_other_authority_plan then 1 else 0 end as preference,
        worker_key,
        team_code,
        service_code
    from {{ ref('fct_cp_plans') }}

    union all

    select
        child_key,
        3 as place,
        'child in need plan' as status,
        cin_plan_key as spell_key,
        start_date,
        end_date,
        0 as preference,
        worker_key,
        team_code,
        service_code
    from {{ ref('fct_cin_plans') }}

    union all

    select
        child_key,
        4 as place,
        'care leaver' as status,
        care_leaver_key as spell_key,
        cast(null as date) as start_date,
        cast(null as date) as end_date,
        0 as preference,
        worker_key,
        team_code,
        service_code
    from {{ ref('fct_care_leavers') }}
    where is_receiving_service

    union all

    select
        child_key,
        5 as place,
        'open assessment' as status,
        assessment_key as spell_key,
        start_date,
        authorisation_date as end_date,
        0 as preference,
        worker_key,
        team_code,
        service_code
    from {{ ref('fct_assessments') }}

    union all

    select
        child_key,
        6 as place,
        'other open' as status,
        cin_key as spell_key,
        referral_date as start_date,
        close_date as end_date,
        0 as preference,
        worker_key,
        team_code,
        service_code
    from {{ ref('fct_cin_episodes') }}
),

-- what ends on a day is closed on it; of several spells of a kind the authority's own comes first, then the one begun last
open_spells as (
    select
        days.position_date,
        days.day,
        spells.child_key,
        spells.place,
        spells.status,
        spells.spell_key,
        spells.start_date,
        spells.worker_key,
        spells.team_code,
        spells.service_code,
        row_number() over (
            partition by spells.child_key, days.day
            order by spells.place asc, spells.preference asc, spells.start_date desc, spells.spell_key asc
        ) as lead_place,
        row_number() over (
            partition by spells.child_key, days.day, spells.place
            order by spells.preference asc, spells.start_date desc, spells.spell_key asc
        ) as place_of_kind
    from spells
    inner join days
        on
            coalesce(spells.start_date, days.day) <= days.day
            and {{ end_or_never('spells.end_date') }} > days.day
),

cases as (
    select
        position_date,
        day,
        child_key,
        max(case when lead_place = 1 then status end) as status,
        max(case when lead_place = 1 then start_date end) as status_since_date,
        max(case when lead_place = 1 then worker_key end) as spell_worker_key,
        max(case when lead_place = 1 then team_code end) as spell_team_code,
        max(case when lead_place = 1 then service_code end) as spell_service_code,
        max(case when place = 1 then spell_key end) as cla_key,
        max(case when place = 2 then spell_key end) as cp_plan_key,
        max(case when place = 2 then start_date end) as cp_plan_start_date,
        max(case when place = 3 then spell_key end) as cin_plan_key,
        max(case when place = 3 then start_date end) as cin_plan_start_date,
        max(case when place = 4 then spell_key end) as care_leaver_key,
        -- the case was opened with its episode of need; without one, with the first of the spells that are open
        coalesce(max(case when place = 6 then start_date end), min(start_date)) as opened_date
    from open_spells
    where place_of_kind = 1
    group by position_date, day, child_key
),

placements as (
    select
        days.day,
        placements.child_key,
        placements.placement_key,
        row_number() over (
            partition by placements.child_key, days.day order by placements.start_date desc, placements.placement_number desc
        ) as place
    from {{ ref('fct_placements') }} as placements
    inner join days
        on
            placements.start_date <= days.day
            and {{ end_or_never('placements.end_date') }} > days.day
    where not placements.is_short_break
)

select
    cases.position_date,
    cases.day,
    cases.day = cases.position_date as is_position_date,
    cases.child_key,
    cases.status,
    cases.status_since_date,
    cases.opened_date,
    cases.cla_key,
    cases.cp_plan_key,
    cases.cp_plan_start_date,
    cases.cin_plan_key,
    cases.cin_plan_start_date,
    cases.care_leaver_key,
    case when cases.cla_key is not null then placements.placement_key end as placement_key,
    case when allocation.worker_id is not null then workers.worker_key else cases.spell_worker_key end as worker_key,
    coalesce(allocation_team.team_code, cases.spell_team_code, 'unmapped') as team_code,
    case
        when allocation_team.team_code is not null then allocation_team.service_code
        else coalesce(cases.spell_service_code, 'unmapped')
    end as service_code
from cases
left join placements
    on cases.child_key = placements.child_key and cases.day = placements.day and placements.place = 1
{{ allocation_joins('cases', 'cases.day') }}
left join {{ ref('stg_control__worker_keys') }} as workers on allocation.worker_id = workers.worker_id
