-- What is wrong in the extracts that count, rule by rule: how much, since when, whose, and what to do about it.
with

issues as (
    select
        source,
        table_name,
        coalesce(column_name, '') as column_name,
        rule,
        action,
        rows_affected,
        load_id,
        period,
        first_seen_date,
        owner,
        what_to_do
    from {{ ref('stg_control__issues') }}
)

select
    source,
    table_name,
    column_name,
    rule,
    action,
    cast(sum(rows_affected) as bigint) as rows_affected,
    cast(count(distinct load_id) as integer) as loads,
    min(first_seen_date) as first_seen_date,
    max(period) as latest_period,
    max(owner) as owner,
    max(what_to_do) as what_to_do
from issues
group by source, table_name, column_name, rule, action
