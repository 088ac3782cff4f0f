-- Convictions and cautions of children looked after; one row per conviction, its day and nothing of the offence.
with

convictions as (
    select
        children.child_key,
        children.date_of_birth,
        convictions.conviction_id,
        convictions.conviction_date,
        convictions.load_id,
        convictions.row_number
    from {{ ref('stg_ssd__cla_convictions') }} as convictions
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on convictions.child_id = children.child_id
    where convictions.conviction_date <= run.as_at
)

select
    {{ row_key(['convictions.child_key', 'convictions.conviction_id']) }} as conviction_key,
    convictions.child_key,
    convictions.conviction_date,
    {{ age_in_years('convictions.date_of_birth', 'convictions.conviction_date') }} as age,
    {{ allocation_columns() }},
    convictions.load_id,
    convictions.row_number
from convictions
{{ allocation_joins('convictions', 'convictions.conviction_date') }}
