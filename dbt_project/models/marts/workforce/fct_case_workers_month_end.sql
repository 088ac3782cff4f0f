-- One row per child in an open episode of need at a month end, with the number of different workers who held the case in the 12 months
-- to it: a worker who comes back is not another one. Days before the episode count, as in the national figure.
with

workers as (
    select
        cases.child_key,
        cases.month,
        count(distinct allocations.worker_id) as workers_last_12_months
    from {{ ref('fct_cin_plans_month_end') }} as cases
    inner join {{ ref('int_involvements__allocations') }} as allocations
        on
            cases.child_key = allocations.child_key
            and cases.reference_date >= allocations.valid_from
            and {{ add_months('cases.reference_date', -12) }} < allocations.valid_to
    where allocations.valid_from <= allocations.valid_to
    group by cases.child_key, cases.month
)

select
    {{ row_key(['cases.child_key', 'cases.month']) }} as case_workers_key,
    cases.child_key,
    cases.month,
    cases.reference_date,
    cast(coalesce(workers.workers_last_12_months, 0) as integer) as workers_last_12_months,
    cases.service_code,
    cases.team_code,
    cases.load_id,
    cases.row_number
from {{ ref('fct_cin_plans_month_end') }} as cases
left join workers on cases.child_key = workers.child_key and cases.month = workers.month
