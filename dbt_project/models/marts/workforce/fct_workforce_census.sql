-- The child and family social workers of each 30 September: one row per worker in post, per agency worker, per leaver of the year to
-- it, and one for the vacancies of each part of the establishment. By the national return where it is held; otherwise from the
-- authority's own lists of workers, posts, leavers and sickness at that day. Rows of the two are never mixed (routes.yml).
-- In post is without agency workers, as the return has it. Absence is that of those in post. A worker who is in post in another row
-- of the return has not left.
with

returned as (
    select
        registrations.registration_key,
        {{ census_day('workers.snapshot_date') }} as census_date,
        workers.role_start_date,
        workers.role_end_date,
        workers.agency_worker,
        workers.fte,
        workers.fte_30,
        workers.cases_held,
        workers.working_days_lost,
        workers.load_id,
        workers.row_number,
        row_number() over (
            partition by registrations.registration_key, workers.role_start_date, {{ census_day('workers.snapshot_date') }}
            order by workers.snapshot_date desc, workers.load_id desc, workers.row_number desc
        ) as place
    from {{ ref('stg_workforce__csww_workers') }} as workers
    inner join {{ ref('stg_control__registration_keys') }} as registrations on workers.swe_number = registrations.swe_number
    where {{ on_route('social_work_workforce', 'csww') }}
),

judged as (
    select
        registration_key,
        census_date,
        role_start_date,
        agency_worker,
        fte,
        fte_30,
        cases_held,
        working_days_lost,
        load_id,
        row_number,
        (role_start_date is null or role_start_date <= census_date)
        and (role_end_date is null or role_end_date > census_date) as is_in_post,
        role_end_date <= census_date and role_end_date > {{ add_months('census_date', -12) }} as is_left
    from returned
    where place = 1
),

in_post_somewhere as (
    select distinct
        registration_key,
        census_date
    from judged
    where is_in_post
),

of_return as (
    select
        {{ row_key(['judged.registration_key', 'judged.role_start_date', 'judged.census_date']) }} as census_item_key,
        judged.census_date,
        case
            when not judged.is_in_post then 'leaver'
            when judged.agency_worker = 'yes' then 'agency'
            else 'in_post'
        end as item_kind,
        cast(case when judged.is_in_post then judged.fte else judged.fte_30 end as decimal(18, 4)) as full_time_equivalent,
        case when judged.is_in_post then judged.cases_held end as cases_held,
        case when judged.is_in_post and judged.agency_worker = 'no' then judged.working_days_lost end as days_lost,
        'unmapped' as service_code,
        'unmapped' as team_code,
        'csww' as source_route,
        judged.load_id,
        judged.row_number
    from judged
    left join in_post_somewhere
        on judged.registration_key = in_post_somewhere.registration_key and judged.census_date = in_post_somewhere.census_date
    where
        judged.is_in_post
        or (judged.is_left and judged.agency_worker = 'no' and in_post_somewhere.registration_key is null)
),

vacancies_returned as (
    select
        {{ census_day('snapshot_date') }} as census_date,
        vacancy_fte,
        load_id,
        row_number,
        row_number() over (
            partition by {{ census_day('snapshot_date') }}
            order by snapshot_date desc, load_id desc, row_number desc
        ) as place
    from {{ ref('stg_workforce__csww_vacancies') }}
    where {{ on_route('social_work_workforce', 'csww') }}
),

censuses as (
    select
        month,
        month_end as census_date,
        {{ add_months('month_start', -11) }} as year_start
    from {{ ref('int_calendar__month_ends') }}
    where extract(month from month_end) = 9 and reference_date = month_end and {{ on_route('social_work_workforce', 'workforce') }}
),

sickness_of_year as (
    select
        censuses.month,
        sickness.worker_key,
        sum(sickness.days_lost) as days_lost
    from censuses
    inner join {{ ref('fct_sickness_months') }} as sickness
        on sickness.reference_date between censuses.year_start and censuses.census_date
    group by censuses.month, sickness.worker_key
)

select
    census_item_key,
    census_date,
    item_kind,
    full_time_equivalent,
    cast(cases_held as integer) as cases_held,
    cast(days_lost as decimal(18, 4)) as days_lost,
    service_code,
    team_code,
    source_route,
    load_id,
    row_number
from of_return

union all

select
    {{ row_key(["'vacancies'", 'census_date']) }} as census_item_key,
    census_date,
    'vacancies' as item_kind,
    cast(vacancy_fte as decimal(18, 4)) as full_time_equivalent,
    cast(null as integer) as cases_held,
    cast(null as decimal(18, 4)) as days_lost,
    'unmapped' as service_code,
    'unmapped' as team_code,
    'csww' as source_route,
    load_id,
    row_number
from vacancies_returned
where place = 1

union all

select
    workers.worker_month_key as census_item_key,
    censuses.census_date,
    case when workers.is_agency then 'agency' else 'in_post' end as item_kind,
    workers.full_time_equivalent,
    workers.cases_held,
    case when not workers.is_agency then cast(sickness_of_year.days_lost as decimal(18, 4)) end as days_lost,
    workers.service_code,
    workers.team_code,
    'workforce' as source_route,
    workers.load_id,
    workers.row_number
from {{ ref('fct_workers_month_end') }} as workers
inner join censuses on workers.month = censuses.month
left join sickness_of_year on workers.month = sickness_of_year.month and workers.worker_key = sickness_of_year.worker_key
where workers.is_social_worker

union all

select
    posts.post_month_key as census_item_key,
    censuses.census_date,
    'vacancies' as item_kind,
    posts.vacant_full_time_equivalent as full_time_equivalent,
    cast(null as integer) as cases_held,
    cast(null as decimal(18, 4)) as days_lost,
    posts.service_code,
    posts.team_code,
    'workforce' as source_route,
    posts.load_id,
    posts.row_number
from {{ ref('fct_posts_month_end') }} as posts
inner join censuses on posts.month = censuses.month
where posts.is_social_work_post and posts.vacant_full_time_equivalent > 0

union all

select
    leavers.leaver_key as census_item_key,
    censuses.census_date,
    'leaver' as item_kind,
    leavers.full_time_equivalent,
    cast(null as integer) as cases_held,
    cast(null as decimal(18, 4)) as days_lost,
    leavers.service_code,
    leavers.team_code,
    'workforce' as source_route,
    leavers.load_id,
    leavers.row_number
from {{ ref('fct_leavers') }} as leavers
inner join censuses on leavers.leaving_date between censuses.year_start and censuses.census_date
where leavers.is_social_worker and not leavers.is_agency and not leavers.is_move_within_authority
