{{ config(materialized='table') }}
-- Placeholder shape, filled below.
select
    children.child_key,
    cast(null as date) as valid_from,
    cast(null as date) as valid_to,
    cast(null as varchar) as plan_status,
    cast(null as varchar) as district
from {{ ref('int_children__people') }} as children
where false
