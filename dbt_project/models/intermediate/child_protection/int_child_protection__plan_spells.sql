-- Child protection plans over successive snapshots. The list shows a child's latest one only, so an earlier one stays as it was last seen.
-- One that was replaced by another which had already begun when it was last seen, before it ended, was recorded wrongly
-- (a corrected start date): it is dropped, unless the number of previous plans says that the other is a plan of its own.
-- One that was still open when last seen keeps no end date. A child listed under two numbers is one, and of one plan listed under
-- both the latest snapshot tells.
with

listed as (
    select
        children.child_key,
        children.date_of_birth,
        rows_held.cp_plan_start_date as start_date,
        rows_held.snapshot_date,
        rows_held.cp_plan_end_date as end_date,
        rows_held.initial_category,
        rows_held.latest_category,
        rows_held.previous_cp_plans,
        rows_held.team_name,
        rows_held.load_id,
        rows_held.row_number,
        row_number() over (
            partition by children.child_key, rows_held.cp_plan_start_date
            order by rows_held.snapshot_date desc, rows_held.load_id desc, rows_held.row_number desc
        ) as place
    from {{ ref('stg_annex_a__child_protection_plans') }} as rows_held
    inner join {{ ref('int_children__identities') }} as children on rows_held.child_id = children.child_id
    where rows_held.is_current and rows_held.cp_plan_start_date is not null
),

spells as (
    select
        child_key,
        date_of_birth,
        start_date,
        snapshot_date,
        lead(start_date) over (partition by child_key order by snapshot_date, start_date) as next_start_date,
        -- a number left blank is none
        lead(coalesce(previous_cp_plans, 0)) over (
            partition by child_key order by snapshot_date, start_date
        ) as next_previous_cp_plans,
        end_date,
        initial_category,
        latest_category,
        previous_cp_plans,
        team_name,
        load_id,
        row_number
    from listed
    where place = 1
)

select
    child_key,
    date_of_birth,
    start_date,
    snapshot_date,
    end_date,
    initial_category,
    latest_category,
    previous_cp_plans,
    team_name,
    load_id,
    row_number
from spells
where
    next_start_date is null
    or next_start_date > snapshot_date
    or next_start_date >= end_date
    or next_previous_cp_plans <> coalesce(previous_cp_plans, 0)
