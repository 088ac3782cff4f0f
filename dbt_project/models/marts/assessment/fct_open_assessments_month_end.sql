-- Assessments open at the reference date of a month: begun, and not authorised by then (authorised on the day is not open).
-- The case system's whole history is read at each month end; of Annex A each monthly snapshot tells its own. Past its time is what
-- was so on the last day known; what has come to it since may have been authorised.
with

annex_a as (
    select
        children.child_key,
        {{ month_key('assessments.snapshot_date') }} as month,
        {{ reference_day('assessments') }} as reference_date,
        assessments.assessment_start_date as start_date,
        assessments.authorisation_date,
        assessments.child_seen,
        assessments.team_name,
        assessments.snapshot_date,
        assessments.load_id,
        assessments.row_number,
        row_number() over (
            partition by children.child_key, assessments.assessment_start_date, assessments.snapshot_date
            order by assessments.load_id desc, assessments.row_number desc
        ) as place
    from {{ ref('stg_annex_a__assessments') }} as assessments
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on assessments.child_id = children.child_id
    where {{ on_route('assessments', 'annex_a') }}
),

open_assessments as (
    select
        month_ends.month,
        month_ends.reference_date,
        assessments.assessment_key,
        assessments.child_key,
        assessments.worker_id,
        assessments.start_date,
        assessments.child_seen,
        assessments.team_name,
        assessments.snapshot_date,
        assessments.source_route,
        assessments.load_id,
        assessments.row_number,
        {{ judged_on('month_ends.reference_date', 'known.known_to') }} as judged_date
    from {{ ref('int_assessment__assessments') }} as assessments
    inner join {{ ref('int_calendar__month_ends') }} as month_ends
        on
            assessments.start_date <= month_ends.reference_date
            and coalesce(assessments.authorisation_date, cast('9999-12-31' as date)) > month_ends.reference_date
    left join {{ ref('int_control__known_to') }} as known on known.fact = 'assessments'
    where assessments.source_route = 'ssd'

    union all

    select
        month,
        reference_date,
        {{ row_key(['child_key', 'start_date']) }} as assessment_key,
        child_key,
        cast(null as varchar) as worker_id,
        start_date,
        child_seen,
        team_name,
        snapshot_date,
        'annex_a' as source_route,
        load_id,
        row_number,
        reference_date as judged_date
    from annex_a
    where
        place = 1
        and start_date <= reference_date
        and (authorisation_date is null or authorisation_date > reference_date)
)

select
    assessments.month,
    assessments.reference_date,
    assessments.assessment_key,
    assessments.child_key,
    workers.worker_key,
    assessments.start_date,
    {{ due_after('assessments.start_date', 'standard') }} as due_date,
    reference.working_day_index - standard_from.working_day_index as working_days_open,
    case
        when assessments.reference_date <= {{ in_time_until('assessments.start_date', 'standard') }} then false
        when assessments.judged_date > {{ in_time_until('assessments.start_date', 'standard') }} then true
    end as is_overdue,
    assessments.child_seen,
    {{ team_columns() }},
    assessments.source_route,
    assessments.load_id,
    assessments.row_number
from open_assessments as assessments
left join {{ ref('stg_control__worker_keys') }} as workers on assessments.worker_id = workers.worker_id
{{ standard_join('assessment', 'assessments.start_date', 'standard') }}
{{ due_joins('assessments.start_date', 'standard') }}
left join {{ ref('dim_date') }} as reference on assessments.reference_date = reference.date_day
{{ team_joins('assessments', 'assessments.reference_date') }}
