{{ config(materialized='table') }}
-- Periods of care of the case system, made of its episodes; series of short breaks are rows of their own, marked.
-- A period ends when the last of its episodes ends. X1 says that another episode begins, which is no reason to leave care: if
-- none did, the reason is not known.
with

placed as (
    select
        child_key,
        period_start_date,
        is_short_break,
        own_end_date,
        end_reason,
        category_of_need,
        legal_status,
        row_number() over (
            partition by child_key, is_short_break, period_start_date order by start_date
        ) as place_from_start,
        row_number() over (
            partition by child_key, is_short_break, period_start_date
            order by case when own_end_date is null then 0 else 1 end, own_end_date desc, start_date desc
        ) as place_from_end,
        row_number() over (
            partition by child_key, is_short_break, period_start_date order by start_date desc
        ) as place_of_latest,
        snapshot_date,
        load_id,
        row_number
    from {{ ref('int_children_looked_after__episodes') }}
),

periods as (
    select
        child_key,
        is_short_break,
        period_start_date as start_date,
        max(case when place_from_end = 1 then own_end_date end) as end_date,
        max(case when place_from_end = 1 and end_reason <> 'X1' then end_reason end) as end_reason,
        max(case when place_from_start = 1 then category_of_need end) as category_of_need,
        max(case when place_from_start = 1 then legal_status end) as first_legal_status,
        max(case when place_of_latest = 1 then legal_status end) as last_legal_status,
        max(snapshot_date) as last_seen_date,
        max(case when place_from_start = 1 then load_id end) as load_id,
        max(case when place_from_start = 1 then row_number end) as row_number
    from placed
    group by child_key, is_short_break, period_start_date
)

select
    child_key,
    is_short_break,
    start_date,
    end_date,
    end_reason,
    category_of_need,
    first_legal_status,
    last_legal_status,
    lag(end_date) over (partition by child_key, is_short_break order by start_date) as previous_end_date,
    row_number() over (partition by child_key, is_short_break order by start_date) - 1 as previous_periods,
    -- what is recorded with a day belongs to the period that began last by that day
    lead(start_date) over (partition by child_key order by start_date) as next_start_date,
    last_seen_date,
    load_id,
    row_number
from periods
