-- Every conference held counts, that of a child who transferred in with a plan too; only one with an enquiry has a timing.
-- Working days are counted from the strategy discussion, which is day 0.
select
    conferences.icpc_key,
    conferences.child_key,
    conferences.source_route,
    conferences.icpc_date,
    conferences.s47_key,
    conferences.strategy_discussion_date,
    held.working_day_index - started.working_day_index as working_days_to_icpc,
    {{ due_after('conferences.strategy_discussion_date', 'conference_standard') }} as due_date,
    conferences.icpc_date <= {{ in_time_until('conferences.strategy_discussion_date', 'conference_standard') }} as is_in_time,
    conferences.target_date,
    conferences.is_transfer_in,
    {{ answered_yes('conferences.icpc_led_to_plan') }} as has_led_to_plan,
    {{ team_or_allocation_columns() }},
    workers.worker_key,
    conferences.load_id,
    conferences.row_number
from {{ ref('int_child_protection__conferences') }} as conferences
left join {{ ref('dim_date') }} as started on conferences.strategy_discussion_date = started.date_day
left join {{ ref('dim_date') }} as held on conferences.icpc_date = held.date_day
{{ standard_join('initial_conference', 'conferences.strategy_discussion_date', 'conference_standard') }}
{{ due_joins('conferences.strategy_discussion_date', 'conference_standard') }}
{{ team_joins('conferences', 'conferences.icpc_date') }}
{{ allocation_joins('conferences', 'conferences.icpc_date') }}
left join {{ ref('stg_control__worker_keys') }} as workers on coalesce(conferences.worker_id, allocation.worker_id) = workers.worker_id
where conferences.place = 1
