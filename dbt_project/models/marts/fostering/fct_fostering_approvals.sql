-- Decisions on approval, by the day of the decision maker's decision. The team is the household's.
with

approvals as (
    select
        households.household_key,
        households.household_kind,
        households.household_group,
        approvals.household_approval_id,
        approvals.approval_kind,
        approvals.panel_date,
        approvals.approval_decision_date as decision_date,
        approvals.approval_outcome,
        approvals.places_decided,
        approvals.independent_review_requested,
        households.team_name,
        approvals.snapshot_date,
        approvals.load_id,
        approvals.row_number
    from {{ ref('stg_fostering__household_approvals') }} as approvals
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_fostering__households') }} as households on approvals.household_id = households.household_id
    where approvals.approval_decision_date <= run.as_at
)

select
    {{ row_key(['approvals.household_key', 'approvals.household_approval_id']) }} as fostering_approval_key,
    approvals.household_key,
    approvals.household_kind,
    approvals.household_group,
    approvals.approval_kind,
    approvals.panel_date,
    approvals.decision_date,
    {{ days_between('approvals.panel_date', 'approvals.decision_date') }} as days_from_panel,
    approvals.approval_outcome,
    approvals.places_decided,
    {{ answered_yes('approvals.independent_review_requested') }} as is_independent_review_requested,
    {{ team_columns() }},
    approvals.load_id,
    approvals.row_number
from approvals
{{ team_joins('approvals', 'approvals.decision_date') }}
