-- Orders that gave a child a permanent home outside care; one row per child, kind of order and day. An adoption order stands with
-- the child it was made for, never with the identity that begins with it.
with

orders as (
    select
        records.child_key,
        records.date_of_birth,
        records.permanence_order_type,
        records.permanence_order_date,
        records.care_entry_date,
        records.adopted_by_carer,
        records.snapshot_date,
        records.load_id,
        records.row_number,
        row_number() over (
            partition by records.child_key, records.permanence_order_type, records.permanence_order_date
            order by records.load_id desc, records.row_number desc
        ) as place
    from {{ ref('int_permanence__records') }} as records
    where records.permanence_order_date is not null
),

-- With the order the case is closed: the team is the one that held it last before.
held_last as (
    select
        orders.child_key,
        orders.permanence_order_date,
        allocations.team_id,
        row_number() over (
            partition by orders.child_key, orders.permanence_order_date
            order by allocations.valid_from desc
        ) as place
    from orders
    inner join {{ ref('int_involvements__allocations') }} as allocations
        on
            orders.child_key = allocations.child_key
            and orders.permanence_order_date > allocations.valid_from
    where orders.place = 1
),

placed as (
    select
        orders.child_key,
        orders.date_of_birth,
        orders.permanence_order_type,
        orders.permanence_order_date,
        orders.care_entry_date,
        orders.adopted_by_carer,
        held_last.team_id as team_name,
        orders.snapshot_date,
        orders.load_id,
        orders.row_number
    from orders
    left join held_last
        on
            orders.child_key = held_last.child_key
            and orders.permanence_order_date = held_last.permanence_order_date
            and held_last.place = 1
    where orders.place = 1
)

select
    {{ row_key(['placed.child_key', 'placed.permanence_order_type', 'placed.permanence_order_date']) }} as permanence_order_key,
    placed.child_key,
    placed.permanence_order_type,
    placed.permanence_order_date,
    placed.care_entry_date,
    {{ step_days('placed.care_entry_date', 'placed.permanence_order_date') }} as days_entry_to_order,
    {{ answered_yes('placed.adopted_by_carer') }} as is_adopted_by_carer,
    {{ age_in_years('placed.date_of_birth', 'placed.permanence_order_date') }} as age,
    {{ team_columns() }},
    placed.load_id,
    placed.row_number
from placed
{{ team_joins('placed', 'placed.permanence_order_date') }}
