-- Periods of care over successive snapshots. The list shows a child's latest one only, so an earlier one stays as it was last seen.
-- One that was replaced by another which had already begun when it was last seen, before it ended, was recorded wrongly
-- (a corrected start date): it is dropped, unless the other is said to be a second period of care and this one is not.
-- The list counts no further than two: of a second and a third period so close together only the third is known.
-- One that was still open when last seen keeps no end date. A child listed under two numbers is one, and of one period listed
-- under both the latest snapshot tells.
with

listed as (
    select
        children.child_key,
        {{ leaves_care_on('children') }} as leaves_on,
        rows_held.cla_start_date as start_date,
        rows_held.snapshot_date,
        rows_held.cla_end_date as end_date,
        rows_held.cla_end_reason,
        rows_held.category_of_need,
        rows_held.legal_status,
        rows_held.second_period,
        rows_held.team_name,
        rows_held.load_id,
        rows_held.row_number,
        row_number() over (
            partition by children.child_key, rows_held.cla_start_date
            order by rows_held.snapshot_date desc, rows_held.load_id desc, rows_held.row_number desc
        ) as place
    from {{ ref('stg_annex_a__children_looked_after') }} as rows_held
    inner join {{ ref('int_children__identities') }} as children on rows_held.child_id = children.child_id
    where rows_held.is_current and rows_held.cla_start_date is not null
),

spells as (
    select
        child_key,
        leaves_on,
        start_date,
        snapshot_date,
        lead(start_date) over (partition by child_key order by snapshot_date, start_date) as next_start_date,
        lead(coalesce(second_period, 'no')) over (
            partition by child_key order by snapshot_date, start_date
        ) as next_second_period,
        end_date,
        cla_end_reason,
        category_of_need,
        legal_status,
        second_period,
        team_name,
        load_id,
        row_number
    from listed
    where place = 1
)

select
    child_key,
    leaves_on,
    start_date,
    snapshot_date,
    end_date,
    cla_end_reason,
    category_of_need,
    legal_status,
    second_period,
    team_name,
    load_id,
    row_number
from spells
where
    next_start_date is null
    or next_start_date > snapshot_date
    or next_start_date >= end_date
    or (next_second_period = 'yes' and coalesce(second_period, 'no') <> 'yes')
