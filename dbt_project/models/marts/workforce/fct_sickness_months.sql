-- One row per worker and month: working days lost to sickness, of those the worker was contracted for. Whether the worker is a child
-- and family social worker is as the list of workers of the month says; null where it does not show them.
with

shown as (
    select
        sickness.worker_id,
        sickness.sickness_days_lost,
        sickness.contracted_days,
        sickness.long_term,
        sickness.service_code,
        sickness.team_code,
        sickness.snapshot_date,
        sickness.load_id,
        sickness.row_number,
        {{ reference_day('sickness') }} as reference_date,
        row_number() over (
            partition by sickness.worker_id, {{ month_key('sickness.snapshot_date') }}
            order by sickness.snapshot_date desc, sickness.load_id desc, sickness.row_number desc
        ) as place
    from {{ ref('stg_workforce__sickness') }} as sickness
    cross join {{ ref('stg_control__run') }} as run
)

select
    {{ row_key(['keys.worker_key', month_key('shown.snapshot_date')]) }} as sickness_month_key,
    keys.worker_key,
    {{ month_key('shown.snapshot_date') }} as month,
    shown.reference_date,
    workers.is_social_worker,
    workers.is_agency,
    cast(shown.sickness_days_lost as decimal(18, 4)) as days_lost,
    cast(shown.contracted_days as decimal(18, 4)) as contracted_days,
    {{ answered_yes('shown.long_term') }} as is_long_term,
    coalesce(nullif(trim(shown.service_code), ''), workers.service_code, 'unmapped') as service_code,
    coalesce(nullif(trim(shown.team_code), ''), workers.team_code, 'unmapped') as team_code,
    shown.load_id,
    shown.row_number
from shown
inner join {{ ref('stg_control__worker_keys') }} as keys on shown.worker_id = keys.worker_id
left join {{ ref('fct_workers_month_end') }} as workers
    on keys.worker_key = workers.worker_key and {{ month_key('shown.snapshot_date') }} = workers.month
where shown.place = 1
