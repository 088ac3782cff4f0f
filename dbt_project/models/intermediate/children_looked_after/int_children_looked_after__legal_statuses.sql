{{ config(materialized='table') }}
-- Legal statuses laid end to end. A child is looked after under one status at a time: one ends when the next begins, at the
-- latest, and of two that begin on one day the one that ends last holds. Other orders (deprivation of liberty, supervision)
-- run beside it, each kind by itself.
with

recorded as (
    select
        children.child_key,
        statuses.legal_status_id,
        statuses.legal_status,
        statuses.legal_status is null or {{ is_care_status('statuses.legal_status') }} as is_care_status,
        statuses.legal_status_start_date as start_date,
        {{ by_as_at('statuses.legal_status_end_date') }} as end_date,
        statuses.load_id,
        statuses.row_number
    from {{ ref('stg_ssd__legal_status') }} as statuses
    inner join {{ ref('int_children__identities') }} as children on statuses.child_id = children.child_id
    cross join {{ ref('stg_control__run') }} as run
    where statuses.legal_status_start_date <= run.as_at
),

ranked as (
    select
        child_key,
        legal_status_id,
        legal_status,
        is_care_status,
        case when is_care_status then 'care' else legal_status end as track,
        start_date,
        end_date,
        load_id,
        row_number,
        row_number() over (
            partition by child_key, case when is_care_status then 'care' else legal_status end, start_date
            order by case when end_date is null then 0 else 1 end, end_date desc, legal_status_id desc
        ) as place
    from recorded
),

followed as (
    select
        child_key,
        legal_status_id,
        legal_status,
        is_care_status,
        start_date,
        end_date,
        lead(start_date) over (partition by child_key, track order by start_date) as next_start_date,
        load_id,
        row_number
    from ranked
    where place = 1
)

select
    child_key,
    legal_status_id,
    legal_status,
    is_care_status,
    start_date,
    case when end_date is null or end_date > next_start_date then coalesce(next_start_date, end_date) else end_date end as end_date,
    load_id,
    row_number
from followed
