-- Children whom each monthly snapshot shows on a child protection plan at the reference date; one row per child.
-- A plan that ended on the reference date is closed. Unborn children are on plans too.
with

snapshots as (
    select
        rows_held.child_id,
        rows_held.cp_plan_start_date as start_date,
        rows_held.initial_category,
        rows_held.latest_category,
        rows_held.last_statutory_visit_date,
        rows_held.seen_alone,
        rows_held.latest_review_date,
        rows_held.emergency_protection,
        rows_held.previous_cp_plans,
        rows_held.team_name,
        rows_held.snapshot_date,
        rows_held.load_id,
        rows_held.row_number,
        {{ reference_day('rows_held') }} as reference_date,
        row_number() over (
            partition by rows_held.child_id, rows_held.snapshot_date
            order by rows_held.load_id desc, rows_held.row_number desc
        ) as row_rank
    from {{ ref('stg_annex_a__child_protection_plans') }} as rows_held
    cross join {{ ref('stg_control__run') }} as run
    where
        {{ is_open_on_reference_day('rows_held', 'cp_plan_start_date', 'cp_plan_end_date') }}
)

select
    {{ month_key('snapshots.snapshot_date') }} as month,
    snapshots.reference_date,
    {{ row_key(['children.child_key', 'snapshots.start_date']) }} as cp_plan_key,
    children.child_key,
    snapshots.start_date,
    -- both the first day and the reference date are counted
    {{ days_between('snapshots.start_date', 'snapshots.reference_date') }} + 1 as days_on_plan,
    snapshots.initial_category,
    snapshots.latest_category,
    snapshots.last_statutory_visit_date,
    snapshots.seen_alone,
    snapshots.latest_review_date,
    snapshots.emergency_protection,
    snapshots.previous_cp_plans,
    {{ age_in_years('children.date_of_birth', 'snapshots.reference_date') }} as age,
    children.date_of_birth is null or children.date_of_birth > snapshots.reference_date as is_unborn,
    {{ team_columns() }},
    snapshots.load_id,
    snapshots.row_number
from snapshots
inner join {{ ref('int_children__identities') }} as children on snapshots.child_id = children.child_id
{{ team_joins('snapshots', 'snapshots.reference_date') }}
where
    snapshots.row_rank = 1
