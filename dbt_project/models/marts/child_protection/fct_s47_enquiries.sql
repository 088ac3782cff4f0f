-- The conference of an enquiry is the first one held of it. Working days are counted from the strategy discussion, which is
-- day 0; the day by which the conference is due comes from the practice standard in force on that day.
with

first_conferences as (
    select
        s47_key,
        icpc_key,
        icpc_date,
        icpc_led_to_plan,
        row_number() over (partition by s47_key order by icpc_date, place) as conference
    from {{ ref('int_child_protection__conferences') }}
    where s47_key is not null
)

select
    enquiries.s47_key,
    enquiries.child_key,
    enquiries.source_route,
    enquiries.strategy_discussion_date,
    enquiries.end_date,
    enquiries.is_nfa,
    {{ due_after('enquiries.strategy_discussion_date', 'conference_standard') }} as due_date,
    conferences.icpc_key,
    conferences.icpc_date,
    held.working_day_index - started.working_day_index as working_days_to_icpc,
    enquiries.icpc_not_required,
    conferences.icpc_led_to_plan,
    {{ team_or_allocation_columns() }},
    workers.worker_key,
    enquiries.load_id,
    enquiries.row_number
from {{ ref('int_child_protection__enquiries') }} as enquiries
left join first_conferences as conferences on enquiries.s47_key = conferences.s47_key and conferences.conference = 1
left join {{ ref('dim_date') }} as started on enquiries.strategy_discussion_date = started.date_day
left join {{ ref('dim_date') }} as held on conferences.icpc_date = held.date_day
{{ standard_join('initial_conference', 'enquiries.strategy_discussion_date', 'conference_standard') }}
{{ due_joins('enquiries.strategy_discussion_date', 'conference_standard') }}
{{ team_joins('enquiries', 'coalesce(conferences.icpc_date, enquiries.strategy_discussion_date)') }}
{{ allocation_joins('enquiries', 'coalesce(conferences.icpc_date, enquiries.strategy_discussion_date)') }}
left join {{ ref('stg_control__worker_keys') }} as workers on coalesce(enquiries.worker_id, allocation.worker_id) = workers.worker_id
