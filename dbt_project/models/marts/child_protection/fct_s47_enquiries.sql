-- Working days to the initial child protection conference: day 0 is the strategy discussion. A conference after the
-- as-at date is planned, not held.
with

enquiries as (
    select
        enquiries.child_id,
        enquiries.strategy_discussion_date,
        enquiries.icpc_not_required,
        case when enquiries.icpc_date <= run.as_at then enquiries.icpc_date end as icpc_date,
        case when enquiries.icpc_date <= run.as_at then enquiries.icpc_led_to_plan end as icpc_led_to_plan,
        enquiries.team_name,
        enquiries.snapshot_date,
        enquiries.load_id,
        enquiries.row_number
    from {{ ref('stg_annex_a__section_47_enquiries') }} as enquiries
    cross join {{ ref('stg_control__run') }} as run
    where enquiries.is_current and enquiries.strategy_discussion_date <= run.as_at
)

select
    {{ row_key(['children.child_key', 'enquiries.strategy_discussion_date']) }} as s47_key,
    children.child_key,
    enquiries.strategy_discussion_date,
    enquiries.icpc_date,
    held.working_day_index - started.working_day_index as working_days_to_icpc,
    enquiries.icpc_not_required,
    enquiries.icpc_led_to_plan,
    {{ team_columns() }},
    enquiries.load_id,
    enquiries.row_number
from enquiries
inner join {{ ref('int_children__identities') }} as children on enquiries.child_id = children.child_id
left join {{ ref('dim_date') }} as started on enquiries.strategy_discussion_date = started.date_day
left join {{ ref('dim_date') }} as held on enquiries.icpc_date = held.date_day
{{ team_joins('enquiries', 'coalesce(enquiries.icpc_date, enquiries.strategy_discussion_date)') }}
