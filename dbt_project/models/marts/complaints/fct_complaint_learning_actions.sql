-- One row per action agreed after a complaint. What is to be done is text of the tracker and stays there.
with

known as (
    {{ known_to('complaints', 'complaints') }}
),

actions as (
    select
        complaints.complaint_key,
        complaints.child_key,
        complaints.procedure,
        actions.complaint_action_id,
        coalesce(actions.theme, 'not_recorded') as theme,
        actions.owner_role,
        actions.due_date,
        {{ by_as_at('actions.completed_date') }} as completed_date,
        case when actions.status = 'complete' and actions.completed_date > run.as_at then 'open' else actions.status end as status,
        coalesce(nullif(trim(actions.service_code), ''), complaints.service_code) as service_code,
        case
            when nullif(trim(actions.service_code), '') is null or actions.service_code = complaints.service_code
                then complaints.team_code
            else 'unmapped'
        end as team_code,
        actions.load_id,
        actions.row_number
    from {{ ref('stg_complaints__complaint_learning_actions') }} as actions
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('stg_control__complaint_keys') }} as keys on actions.complaint_id = keys.complaint_id
    inner join {{ ref('fct_complaints') }} as complaints on keys.complaint_key = complaints.complaint_key
)

select
    {{ row_key(['actions.complaint_key', 'actions.complaint_action_id']) }} as complaint_action_key,
    actions.complaint_key,
    actions.child_key,
    actions.procedure,
    actions.theme,
    actions.owner_role,
    actions.due_date,
    actions.completed_date,
    actions.status,
    actions.status = 'complete' and actions.completed_date is null as is_completion_not_recorded,
    case
        when actions.status = 'not_required' or (actions.status = 'complete' and actions.completed_date is null) then null
        else {{ done_in_time('actions.completed_date', 'actions.due_date', 'known.known_to') }}
    end as is_in_time,
    actions.service_code,
    actions.team_code,
    actions.load_id,
    actions.row_number
from actions
cross join known
