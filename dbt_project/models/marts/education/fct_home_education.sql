-- Periods of elective home education that have begun. A period that ends on the as-at day is closed. The suitability is the one
-- last found, as the extract shows it: of an earlier day it is read from the checks (fct_home_education_checks).
with

periods as (
    select
        children.child_key,
        periods.home_education_id,
        periods.home_education_start_date as start_date,
        periods.home_education_reason as reason,
        periods.latest_suitability,
        {{ by_as_at('periods.attendance_order_date') }} as attendance_order_date,
        {{ by_as_at('periods.home_education_end_date') }} as end_date,
        {{ by_as_at('periods.home_education_end_date', 'periods.home_education_end_reason') }} as end_reason,
        periods.previous_school_urn,
        periods.team_code as team_name,
        run.as_at,
        periods.snapshot_date,
        periods.load_id,
        periods.row_number
    from {{ ref('stg_education__elective_home_education') }} as periods
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on periods.child_id = children.child_id
    where periods.home_education_start_date <= run.as_at
)

select
    {{ row_key(['periods.child_key', 'periods.home_education_id']) }} as home_education_key,
    periods.child_key,
    periods.start_date,
    periods.reason,
    periods.latest_suitability,
    periods.attendance_order_date,
    periods.end_date,
    periods.end_reason,
    {{ days_between('periods.start_date', 'coalesce(periods.end_date, periods.as_at)') }} as days_home_educated,
    periods.previous_school_urn,
    {{ team_columns() }},
    periods.load_id,
    periods.row_number
from periods
{{ team_joins('periods', 'periods.start_date') }}
