-- Short breaks whose first day has come, taken or cancelled; bookings ahead are no facts yet. Of one still going on at the as-at
-- date the nights taken are not known.
with

breaks as (
    select
        children.child_key,
        breaks.home_id,
        breaks.short_break_id,
        breaks.short_break_start_date as start_date,
        breaks.short_break_end_date as end_date,
        breaks.short_break_status,
        breaks.nights_booked,
        case
            when breaks.short_break_end_date is null or breaks.short_break_end_date <= run.as_at then breaks.nights_taken
        end as nights_taken,
        breaks.load_id,
        breaks.row_number
    from {{ ref('stg_residential__short_break_stays') }} as breaks
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on breaks.child_id = children.child_id
    where breaks.short_break_start_date <= run.as_at
)

select
    {{ row_key(['breaks.child_key', 'breaks.short_break_id']) }} as residential_short_break_key,
    breaks.child_key,
    homes.home_key,
    homes.home_kind,
    breaks.start_date,
    breaks.end_date,
    breaks.short_break_status,
    breaks.short_break_status in ('cancelled_by_family', 'cancelled_by_home') as is_cancelled,
    breaks.nights_booked,
    breaks.nights_taken,
    coalesce(homes.team_code, 'unmapped') as team_code,
    coalesce(homes.service_code, 'unmapped') as service_code,
    breaks.load_id,
    breaks.row_number
from breaks
inner join {{ ref('stg_control__home_keys') }} as home_keys on breaks.home_id = home_keys.home_id
left join {{ ref('dim_home') }} as homes on home_keys.home_key = homes.home_key
