-- Children under an order that deprives them of their liberty at each month end, one row per child however many orders run.
-- What ends on the day is closed, and nobody is a child from the 18th birthday on.
with

open_orders as (
    select
        month_ends.month,
        month_ends.reference_date,
        orders.child_key,
        min(orders.start_date) as start_date
    from {{ ref('fct_legal_statuses') }} as orders
    inner join {{ ref('int_calendar__month_ends') }} as month_ends
        on
            orders.start_date <= month_ends.reference_date
            and {{ end_or_never('orders.end_date') }} > month_ends.reference_date
    where orders.legal_status = 'deprivation_of_liberty'
    group by month_ends.month, month_ends.reference_date, orders.child_key
)

select
    open_orders.month,
    open_orders.reference_date,
    open_orders.child_key,
    open_orders.start_date,
    {{ days_between('open_orders.start_date', 'open_orders.reference_date') }} as days_under_order,
    {{ allocation_columns() }}
from open_orders
inner join {{ ref('dim_child') }} as children on open_orders.child_key = children.child_key
{{ allocation_joins('open_orders', 'open_orders.reference_date') }}
where coalesce({{ age_in_years('children.date_of_birth', 'open_orders.reference_date') }} < 18, true)
