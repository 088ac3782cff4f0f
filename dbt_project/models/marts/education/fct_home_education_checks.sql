-- Checks of elective home education by the day they were due, which may lie ahead. A check the parent declined was offered: it
-- counts as made, and its kind says so. One not made by the end of home education is owed no more, unless it was due before. The team
-- is that of the period of home education.
with

checks as (
    select
        children.child_key,
        checks.home_education_check_id,
        checks.home_education_id,
        checks.check_due_date as due_date,
        {{ by_as_at('checks.checked_date') }} as checked_date,
        {{ by_as_at('checks.checked_date', 'checks.check_kind') }} as check_kind,
        {{ by_as_at('checks.checked_date', 'checks.child_seen') }} as child_seen,
        {{ by_as_at('checks.checked_date', 'checks.suitability_found') }} as suitability_found,
        {{ reference_day('checks') }} as known_to,
        {{ by_as_at('periods.home_education_end_date') }} as ended_date,
        periods.team_code as team_name,
        checks.snapshot_date,
        checks.load_id,
        checks.row_number
    from {{ ref('stg_education__home_education_checks') }} as checks
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on checks.child_id = children.child_id
    left join {{ ref('stg_education__elective_home_education') }} as periods on checks.home_education_id = periods.home_education_id
)

select
    {{ row_key(['checks.child_key', 'checks.home_education_check_id']) }} as home_education_check_key,
    checks.child_key,
    {{ row_key(['checks.child_key', 'checks.home_education_id']) }} as home_education_key,
    checks.due_date,
    checks.checked_date,
    checks.check_kind,
    {{ answered_yes('checks.child_seen') }} as is_child_seen,
    checks.suitability_found,
    {{ done_in_time('checks.checked_date', 'checks.due_date', 'checks.known_to', 'checks.ended_date') }} as is_in_time,
    {{ team_columns() }},
    checks.load_id,
    checks.row_number
from checks
{{ team_joins('checks', 'coalesce(checks.checked_date, checks.known_to)') }}
