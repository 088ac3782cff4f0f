-- Periods of care over successive snapshots. The list shows a child's latest one only, so an earlier one stays as it was last seen.
-- One that was replaced by another which had already begun when it was last seen, before it ended, was recorded wrongly
-- (a corrected start date): it is dropped, unless the other is said to be a second period of care and this one is not.
-- The list counts no further than two: of a second and a third period so close together only the third is known.
-- One that was still open when last seen keeps no end date.
with

spells as (
    select
        child_id,
        cla_start_date as start_date,
        snapshot_date,
        lead(cla_start_date) over (partition by child_id order by snapshot_date, cla_start_date) as next_start_date,
        lead(coalesce(second_period, 'no')) over (
            partition by child_id order by snapshot_date, cla_start_date
        ) as next_second_period,
        cla_end_date as end_date,
        cla_end_reason,
        category_of_need,
        legal_status,
        second_period,
        team_name,
        load_id,
        row_number
    from {{ ref('stg_annex_a__children_looked_after') }}
    where is_current and cla_start_date is not null
)

select
    child_id,
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
