-- Children looked after of whom a substance misuse problem was identified; one row per time that was recorded.
with

problems as (
    select
        children.child_key,
        children.date_of_birth,
        problems.substance_misuse_id,
        problems.substance_misuse_date,
        problems.intervention_received,
        problems.load_id,
        problems.row_number
    from {{ ref('stg_ssd__cla_substance_misuse') }} as problems
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on problems.child_id = children.child_id
    where problems.substance_misuse_date <= run.as_at
)

select
    {{ row_key(['problems.child_key', 'problems.substance_misuse_id']) }} as substance_misuse_key,
    problems.child_key,
    problems.substance_misuse_date as identified_date,
    {{ answered_yes('problems.intervention_received') }} as is_intervention_received,
    {{ age_in_years('problems.date_of_birth', 'problems.substance_misuse_date') }} as age,
    {{ allocation_columns() }},
    problems.load_id,
    problems.row_number
from problems
{{ allocation_joins('problems', 'problems.substance_misuse_date') }}
