-- Child protection plans over successive snapshots. The list shows a child's latest one only, so an earlier one stays as it was last seen.
-- One that was replaced by another which had already begun when it was last seen, before it ended, was recorded wrongly
-- (a corrected start date): it is dropped, unless the number of previous plans says that the other is a plan of its own.
-- One that was still open when last seen keeps no end date.
with

spells as (
    select
        child_id,
        cp_plan_start_date as start_date,
        snapshot_date,
        lead(cp_plan_start_date) over (partition by child_id order by snapshot_date, cp_plan_start_date) as next_start_date,
        -- a number left blank is none
        lead(coalesce(previous_cp_plans, 0)) over (
            partition by child_id order by snapshot_date, cp_plan_start_date
        ) as next_previous_cp_plans,
        cp_plan_end_date as end_date,
        initial_category,
        latest_category,
        previous_cp_plans,
        team_name,
        load_id,
        row_number
    from {{ ref('stg_annex_a__child_protection_plans') }}
    where is_current and cp_plan_start_date is not null
)

select
    child_id,
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
