-- Children whom each monthly snapshot shows in an open episode of need at the reference date; one row per child.
-- The list holds every child with an open case; a child in need PLAN is one whose case status says so and who is at the
-- same date not on a child protection plan, not looked after and not a care leaver.
with

snapshots as (
    select
        rows_held.child_id,
        rows_held.cin_start_date as start_date,
        rows_held.primary_need,
        rows_held.last_seen_date,
        rows_held.case_status,
        rows_held.team_name,
        rows_held.snapshot_date,
        rows_held.load_id,
        rows_held.row_number,
        {{ reference_day('rows_held') }} as reference_date,
        row_number() over (
            partition by rows_held.child_id, rows_held.snapshot_date
            order by rows_held.load_id desc, rows_held.row_number desc
        ) as row_rank
    from {{ ref('stg_annex_a__children_in_need') }} as rows_held
    cross join {{ ref('stg_control__run') }} as run
    where
        {{ is_open_on_reference_day('rows_held', 'cin_start_date', 'cin_closure_date') }}
)

select
    {{ month_key('snapshots.snapshot_date') }} as month,
    snapshots.reference_date,
    {{ row_key(['children.child_key', 'snapshots.start_date']) }} as cin_key,
    children.child_key,
    snapshots.start_date,
    snapshots.primary_need,
    snapshots.last_seen_date,
    snapshots.case_status,
    cp_plans.child_key is not null as is_on_cp_plan,
    looked_after.child_key is not null as is_looked_after,
    care_leavers.child_key is not null as is_care_leaver,
    coalesce(snapshots.case_status = 'child_in_need_plan', false)
    and cp_plans.child_key is null
    and looked_after.child_key is null
    and care_leavers.child_key is null as is_child_in_need_plan,
    {{ age_in_years('children.date_of_birth', 'snapshots.reference_date') }} as age,
    children.date_of_birth is null or children.date_of_birth > snapshots.reference_date as is_unborn,
    {{ team_columns() }},
    snapshots.load_id,
    snapshots.row_number
from snapshots
inner join {{ ref('int_children__identities') }} as children on snapshots.child_id = children.child_id
left join {{ ref('fct_cp_plans_month_end') }} as cp_plans
    on children.child_key = cp_plans.child_key and snapshots.reference_date = cp_plans.reference_date
left join {{ ref('fct_cla_month_end') }} as looked_after
    on children.child_key = looked_after.child_key and snapshots.reference_date = looked_after.reference_date
left join {{ ref('fct_care_leavers_month_end') }} as care_leavers
    on children.child_key = care_leavers.child_key and snapshots.reference_date = care_leavers.reference_date
{{ team_joins('snapshots', 'snapshots.reference_date') }}
where
    snapshots.row_rank = 1
