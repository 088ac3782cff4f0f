-- One row per child and plan that has begun; a plan whose end lies after the as-at date has not ended. A temporary plan of
-- another authority stays here under its flag, for the child is visited here; counts of the authority's plans leave it out.
-- The day a plan ends is its last, so both ends are counted: two years are more than 729 days.
select
    plans.cp_plan_key,
    plans.child_key,
    plans.source_route,
    plans.start_date,
    plans.end_date,
    {{ days_between('plans.start_date', 'plans.last_day') }} + 1 as days_on_plan,
    plans.initial_category,
    plans.latest_category,
    plans.is_other_authority_plan,
    plans.previous_cp_plans,
    plans.previous_cp_plans > 0 as is_second_or_subsequent,
    plans.previous_end_date,
    -- completed months: of the months between the two days the last counts only when its day is reached
    cast(
        (extract(year from plans.start_date) - extract(year from plans.previous_end_date)) * 12
        + extract(month from plans.start_date) - extract(month from plans.previous_end_date)
        - case when extract(day from plans.start_date) < extract(day from plans.previous_end_date) then 1 else 0 end
        as integer
    ) as months_since_previous_plan,
    case
        when coalesce(plans.is_other_authority_plan, false) then null
        when plans.previous_end_date is not null then plans.start_date <= {{ add_months('plans.previous_end_date', 24) }}
        -- a number left blank in an Annex A list is none
        when coalesce(plans.previous_cp_plans, case plans.source_route when 'annex_a' then 0 end) = 0 then false
        -- a plan that ended in those months would be held
        when history.covered_from is not null then false
    end as is_second_within_24_months,
    plans.icpc_key,
    plans.icpc_date,
    plans.review_clock_date,
    plans.review_clock_basis,
    {{ team_or_allocation_columns() }},
    workers.worker_key,
    least(plans.snapshot_date, run.as_at) as last_seen_date,
    plans.load_id,
    plans.row_number
from {{ ref('int_child_protection__plans') }} as plans
cross join {{ ref('stg_control__run') }} as run
{{ team_joins('plans', 'plans.start_date') }}
{{ allocation_joins('plans', 'plans.start_date') }}
left join {{ ref('int_control__coverage') }} as history
    on
        plans.source_route = history.source
        and history.table_name = 'cp_plans'
        and history.covered_from <= {{ add_months('plans.start_date', -24) }}
        and plans.start_date <= history.covered_to
left join {{ ref('stg_control__worker_keys') }} as workers on allocation.worker_id = workers.worker_id
