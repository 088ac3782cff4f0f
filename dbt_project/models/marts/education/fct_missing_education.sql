-- Episodes of children missing education that have begun. An episode that ends on the as-at day is closed.
with

episodes as (
    select
        children.child_key,
        episodes.missing_education_id,
        episodes.missing_education_start_date as start_date,
        {{ by_as_at('episodes.notified_date') }} as notified_date,
        {{ unless_after_as_at('episodes.notified_date', 'episodes.notified_by') }} as notified_by,
        episodes.missing_education_reason as reason,
        episodes.whereabouts_known,
        {{ by_as_at('episodes.enquiries_completed_date') }} as enquiries_completed_date,
        {{ by_as_at('episodes.missing_education_end_date') }} as end_date,
        {{ by_as_at('episodes.missing_education_end_date', 'episodes.missing_education_outcome') }} as outcome,
        episodes.last_school_urn,
        episodes.team_code as team_name,
        run.as_at,
        episodes.snapshot_date,
        episodes.load_id,
        episodes.row_number
    from {{ ref('stg_education__missing_education') }} as episodes
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on episodes.child_id = children.child_id
    where episodes.missing_education_start_date <= run.as_at
)

select
    {{ row_key(['episodes.child_key', 'episodes.missing_education_id']) }} as missing_education_key,
    episodes.child_key,
    episodes.start_date,
    episodes.notified_date,
    episodes.notified_by,
    {{ contact_source_group('episodes.notified_by') }} as notified_by_group,
    episodes.reason,
    {{ answered_yes('episodes.whereabouts_known') }} as is_whereabouts_known,
    episodes.enquiries_completed_date,
    {{ days_between('episodes.notified_date', 'episodes.enquiries_completed_date') }} as days_to_enquiries_completed,
    episodes.end_date,
    episodes.outcome,
    {{ days_between('episodes.start_date', 'coalesce(episodes.end_date, episodes.as_at)') }} as days_missing,
    episodes.last_school_urn,
    {{ team_columns() }},
    episodes.load_id,
    episodes.row_number
from episodes
{{ team_joins('episodes', 'episodes.start_date') }}
