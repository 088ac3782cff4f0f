-- Initial child protection conferences that were held by the as-at date, with the enquiry that led to them, by the route the
-- fact takes. A child has one conference on a day: rows of one child and day (two ids of a child, two enquiries brought to one
-- meeting) share the key, and place 1 is the one that counts: the one whose strategy discussion was last, from which its time
-- is measured. A child who transferred in with a plan had no enquiry here, so such a conference has no timing.
with

case_system as (
    select
        children.child_key,
        conferences.icpc_id,
        conferences.cp_plan_id,
        conferences.icpc_date,
        {{ answered_yes('conferences.icpc_transfer_in') }} as is_transfer_in,
        conferences.icpc_target_date as target_date,
        conferences.icpc_led_to_plan,
        conferences.worker_id,
        conferences.team_id as team_name,
        conferences.snapshot_date,
        conferences.load_id,
        conferences.row_number,
        enquiries.s47_key,
        enquiries.strategy_discussion_date
    from {{ ref('stg_ssd__initial_cp_conference') }} as conferences
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on conferences.child_id = children.child_id
    left join {{ ref('int_child_protection__enquiries') }} as enquiries
        on
            children.child_key = enquiries.child_key
            and conferences.s47_enquiry_id = enquiries.s47_enquiry_id
            and coalesce(conferences.icpc_transfer_in, 'no') = 'no'
    where conferences.icpc_date <= run.as_at and {{ on_route('icpcs', 'ssd') }}
),

annex_a as (
    select
        children.child_key,
        enquiries.icpc_date,
        enquiries.icpc_led_to_plan,
        enquiries.team_name,
        enquiries.snapshot_date,
        enquiries.load_id,
        enquiries.row_number,
        begun.s47_key,
        enquiries.strategy_discussion_date
    from {{ ref('stg_annex_a__section_47_enquiries') }} as enquiries
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on enquiries.child_id = children.child_id
    -- by the day, because the enquiries themselves may come by the other route
    left join {{ ref('int_child_protection__enquiries') }} as begun
        on children.child_key = begun.child_key and enquiries.strategy_discussion_date = begun.strategy_discussion_date
    where
        enquiries.is_current
        and enquiries.strategy_discussion_date <= run.as_at
        and enquiries.icpc_date <= run.as_at
        and {{ on_route('icpcs', 'annex_a') }}
),

held as (
    select
        child_key,
        'ssd' as source_route,
        icpc_id,
        cp_plan_id,
        icpc_date,
        is_transfer_in,
        target_date,
        icpc_led_to_plan,
        s47_key,
        strategy_discussion_date,
        worker_id,
        team_name,
        snapshot_date,
        load_id,
        row_number
    from case_system
    union all
    select
        child_key,
        'annex_a' as source_route,
        cast(null as varchar) as icpc_id,
        cast(null as varchar) as cp_plan_id,
        icpc_date,
        cast(null as boolean) as is_transfer_in,
        cast(null as date) as target_date,
        icpc_led_to_plan,
        s47_key,
        strategy_discussion_date,
        cast(null as varchar) as worker_id,
        team_name,
        snapshot_date,
        load_id,
        row_number
    from annex_a
)

select
    {{ row_key(['child_key', 'icpc_date']) }} as icpc_key,
    child_key,
    source_route,
    icpc_id,
    cp_plan_id,
    icpc_date,
    is_transfer_in,
    target_date,
    icpc_led_to_plan,
    s47_key,
    strategy_discussion_date,
    worker_id,
    team_name,
    snapshot_date,
    load_id,
    row_number,
    row_number() over (
        partition by child_key, icpc_date
        order by
            case when strategy_discussion_date is null then 1 else 0 end asc,
            strategy_discussion_date desc,
            {{ in_number_order('icpc_id') }},
            row_number
    ) as place
from held
