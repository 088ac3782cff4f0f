{{ config(materialized='table') }}
{%- set attributes = ['date_of_birth', 'gender', 'ethnicity', 'disability', 'death_date', 'has_ehcp', 'uasc'] %}
-- One row per child over every source and every number the child ever had. Each attribute is the one the latest snapshot
-- gives, from the lowest list number (the case system itself is 0); a blank does not overwrite what was known before.
with

said as (
    select
        keys.child_key,
        keys.kept_child_id,
        demographics.date_of_birth,
        demographics.gender,
        demographics.ethnicity,
        demographics.disability,
        demographics.death_date,
        demographics.has_ehcp,
        demographics.uasc,
        demographics.snapshot_date,
        demographics.list_number,
        demographics.row_number
    from {{ ref('int_children__demographics') }} as demographics
    inner join {{ ref('int_children__keys') }} as keys on demographics.child_id = keys.child_id
),

ranked as (
    select
        child_key,
        kept_child_id,
        {{ ranks_of_attributes(attributes) }}
    from said
)

select
    child_key,
    max(kept_child_id) as child_id,
    {{ best_of_attributes(attributes) }}
from ranked
group by child_key
