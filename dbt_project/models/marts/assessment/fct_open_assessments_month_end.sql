-- The assessments each monthly snapshot shows as open: no authorisation, or one after the reference date.
with

snapshots as (
    select
        assessments.child_id,
        assessments.assessment_start_date as start_date,
        assessments.authorisation_date,
        assessments.child_seen,
        assessments.team_name,
        assessments.snapshot_date,
        assessments.load_id,
        assessments.row_number,
        {{ reference_day('assessments') }} as reference_date,
        row_number() over (
            partition by assessments.child_id, assessments.assessment_start_date, assessments.snapshot_date
            order by assessments.load_id desc, assessments.row_number desc
        ) as row_rank
    from {{ ref('stg_annex_a__assessments') }} as assessments
    cross join {{ ref('stg_control__run') }} as run
)

select
    {{ month_key('snapshots.snapshot_date') }} as month,
    snapshots.reference_date,
    {{ row_key(['children.child_key', 'snapshots.start_date']) }} as assessment_key,
    children.child_key,
    snapshots.start_date,
    reference.working_day_index - started.working_day_index as working_days_open,
    snapshots.child_seen,
    {{ team_columns() }},
    snapshots.load_id,
    snapshots.row_number
from snapshots
inner join {{ ref('int_children__identities') }} as children on snapshots.child_id = children.child_id
left join {{ ref('dim_date') }} as started on snapshots.start_date = started.date_day
left join {{ ref('dim_date') }} as reference on snapshots.reference_date = reference.date_day
{{ team_joins('snapshots', 'snapshots.reference_date') }}
where
    snapshots.row_rank = 1
    and snapshots.start_date <= snapshots.reference_date
    and (snapshots.authorisation_date is null or snapshots.authorisation_date > snapshots.reference_date)
