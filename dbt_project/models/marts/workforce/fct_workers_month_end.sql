-- One row per worker in post on the last day of a month, as the list of the month shows them. What the list says of gender, age,
-- ethnicity and disability is left out: no measure counts single workers by them.
with

shown as (
    select
        workers.worker_id,
        workers.role,
        workers.agency,
        workers.covers_vacancy,
        workers.child_and_family_social_worker,
        workers.case_holder,
        workers.cases_held,
        workers.newly_qualified,
        workers.fte,
        workers.role_start_date,
        workers.service_code,
        workers.team_code,
        workers.snapshot_date,
        workers.load_id,
        workers.row_number,
        {{ reference_day('workers') }} as reference_date,
        row_number() over (
            partition by workers.worker_id, {{ month_key('workers.snapshot_date') }}
            order by workers.snapshot_date desc, workers.load_id desc, workers.row_number desc
        ) as place
    from {{ ref('stg_workforce__workers') }} as workers
    cross join {{ ref('stg_control__run') }} as run
)

select
    {{ row_key(['keys.worker_key', month_key('shown.snapshot_date')]) }} as worker_month_key,
    keys.worker_key,
    {{ month_key('shown.snapshot_date') }} as month,
    shown.reference_date,
    shown.role,
    coalesce(shown.agency = 'yes', false) as is_agency,
    {{ answered_yes('shown.covers_vacancy') }} as is_covering_vacancy,
    coalesce(shown.child_and_family_social_worker = 'yes', false) as is_social_worker,
    coalesce(shown.cases_held, 0) > 0 or coalesce(shown.case_holder = 'yes', false) as is_case_holder,
    coalesce(shown.newly_qualified = 'yes', false) as is_newly_qualified,
    shown.fte is null as is_full_time_equivalent_not_recorded,
    cast(shown.fte as decimal(18, 4)) as full_time_equivalent,
    cast(shown.cases_held as integer) as cases_held,
    shown.role_start_date,
    coalesce(nullif(trim(shown.service_code), ''), 'unmapped') as service_code,
    coalesce(nullif(trim(shown.team_code), ''), 'unmapped') as team_code,
    shown.load_id,
    shown.row_number
from shown
inner join {{ ref('stg_control__worker_keys') }} as keys on shown.worker_id = keys.worker_id
where shown.place = 1
