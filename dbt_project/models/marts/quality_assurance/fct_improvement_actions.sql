-- One row per action agreed by the as-at date after a self-evaluation, inspection, board, contract review or audit, with the KPI it
-- should move. Overdue is an open action whose day has passed while the records speak of it; without a due day nothing is overdue.
with

actions as (
    select
        actions.improvement_action_id,
        actions.action_source,
        actions.source_reference,
        actions.action_category,
        actions.title,
        actions.service_code,
        actions.owner_role,
        actions.raised_date,
        actions.due_date,
        case when actions.status = 'complete' and actions.completed_date > run.as_at then 'open' else actions.status end as status,
        {{ by_as_at('actions.completed_date') }} as completed_date,
        actions.kpi,
        actions.load_id,
        actions.row_number,
        run.as_at
    from {{ ref('stg_quality_assurance__improvement_actions') }} as actions
    inner join {{ ref('stg_control__run') }} as run on actions.raised_date <= run.as_at
),

known as (
    {{ known_to('quality_assurance', 'improvement_actions') }}
)

select
    {{ row_key(['actions.improvement_action_id', 'actions.raised_date']) }} as improvement_action_key,
    actions.action_source,
    actions.source_reference,
    actions.action_category,
    actions.title,
    coalesce(nullif(trim(actions.service_code), ''), 'authority') as service_code,
    actions.owner_role,
    actions.raised_date,
    actions.due_date,
    actions.status,
    actions.completed_date,
    case
        when actions.status = 'not_required' then null
        else {{ done_in_time('actions.completed_date', 'actions.due_date', 'known.known_to') | trim }}
    end as is_completed_in_time,
    case
        when actions.status = 'open' then {{ is_overdue('actions.due_date', 'actions.as_at', 'known.known_to') | trim }}
        else false
    end as is_overdue,
    kpis.code as kpi,
    kpis.title as kpi_title,
    actions.kpi is not null and kpis.code is null as is_kpi_unknown,
    actions.load_id,
    actions.row_number
from actions
cross join known
left join {{ ref('stg_control__kpis') }} as kpis on actions.kpi = kpis.code
