-- A worker is dated like a team. The workforce return shows who is in post on the last day of a month; months with the same
-- role, team, hours and contract are one stretch. A worker missing from a later return has left by the end of the last month
-- that shows them. Names and titles are those of the case system today.
with

returns as (
    select distinct snapshot_date
    from {{ ref('stg_workforce__workers') }}
),

ordered_returns as (
    select
        snapshot_date,
        row_number() over (order by snapshot_date) as return_number,
        max(snapshot_date) over () as last_return
    from returns
),

shown as (
    select
        workers.worker_id,
        workers.snapshot_date,
        ordered_returns.return_number,
        ordered_returns.last_return,
        workers.role,
        coalesce(nullif(trim(workers.team_code), ''), 'unmapped') as team_code,
        coalesce(nullif(trim(workers.service_code), ''), 'unmapped') as service_code,
        cast(workers.fte as decimal(18, 4)) as full_time_equivalent,
        workers.agency,
        workers.case_holder,
        workers.newly_qualified,
        {{ row_key([
            'workers.role', 'workers.team_code', 'workers.service_code', 'workers.fte', 'workers.agency',
            'workers.case_holder', 'workers.newly_qualified',
        ]) }} as position_key,
        row_number() over (
            partition by workers.worker_id, workers.snapshot_date
            order by workers.load_id desc, workers.row_number desc
        ) as place
    from {{ ref('stg_workforce__workers') }} as workers
    inner join ordered_returns on workers.snapshot_date = ordered_returns.snapshot_date
),

-- two returns with the same position belong to one stretch when no return lies between them
stretches as (
    select
        worker_id,
        snapshot_date,
        last_return,
        role,
        team_code,
        service_code,
        full_time_equivalent,
        agency,
        case_holder,
        newly_qualified,
        position_key,
        return_number - row_number() over (partition by worker_id, position_key order by return_number) as stretch
    from shown
    where place = 1
),

versions as (
    select
        worker_id,
        role,
        team_code,
        service_code,
        full_time_equivalent,
        agency,
        case_holder,
        newly_qualified,
        {{ month_start('min(snapshot_date)') }} as valid_from,
        max(snapshot_date) as last_shown,
        max(last_return) as last_return
    from stretches
    group by
        worker_id, position_key, stretch, role, team_code, service_code, full_time_equivalent, agency, case_holder, newly_qualified
),

known as (
    select
        worker_keys.worker_id,
        worker_keys.worker_key,
        professionals.worker_name,
        professionals.job_title,
        professionals.full_time_equivalent as professional_full_time_equivalent,
        professionals.agency_worker
    from {{ ref('stg_control__worker_keys') }} as worker_keys
    left join {{ ref('stg_ssd__professionals') }} as professionals on worker_keys.worker_id = professionals.worker_id
)

select
    {{ row_key(['known.worker_key', 'versions.valid_from']) }} as worker_version_key,
    known.worker_key,
    known.worker_id,
    known.worker_name,
    versions.role,
    known.job_title,
    coalesce(versions.team_code, 'unmapped') as team_code,
    coalesce(versions.service_code, 'unmapped') as service_code,
    coalesce(versions.full_time_equivalent, cast(known.professional_full_time_equivalent as decimal(18, 4))) as full_time_equivalent,
    coalesce(versions.agency, known.agency_worker) = 'yes' as is_agency,
    versions.case_holder = 'yes' as is_case_holder,
    versions.newly_qualified = 'yes' as is_newly_qualified,
    versions.valid_from,
    case when versions.last_shown < versions.last_return then versions.last_shown end as valid_to,
    row_number() over (partition by known.worker_key order by versions.valid_from desc) = 1 as is_latest
from known
left join versions on known.worker_id = versions.worker_id
