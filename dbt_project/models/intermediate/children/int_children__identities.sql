{{ config(materialized='table') }}
-- What a fact needs to know of the child an id belongs to: one row per id, so that joining it never doubles a row.
select
    keys.child_id,
    children.child_key,
    children.date_of_birth,
    children.death_date
from {{ ref('int_children__keys') }} as keys
inner join {{ ref('int_children__people') }} as children on keys.child_key = children.child_key
