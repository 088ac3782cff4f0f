-- Children whom each monthly snapshot shows as looked after at the reference date; one row per child.
-- Short breaks (V3, V4) are not a period of being looked after, and nobody is looked after from the 18th birthday on,
-- even when the period of care was left open.
with

snapshots as (
    select
        rows_held.child_id,
        rows_held.cla_start_date as start_date,
        rows_held.category_of_need,
        rows_held.legal_status,
        rows_held.legal_status_start_date,
        rows_held.uasc,
        rows_held.permanence_plan,
        rows_held.latest_review_date,
        rows_held.last_social_work_visit_date,
        rows_held.last_iro_contact_date,
        rows_held.last_health_assessment_date,
        rows_held.last_dental_check_date,
        rows_held.placements_last_12_months,
        rows_held.placement_start_date,
        rows_held.placement_type,
        rows_held.placement_provider,
        rows_held.placement_location,
        rows_held.missing_episodes_last_12_months,
        rows_held.absent_episodes_last_12_months,
        rows_held.return_interview_offered,
        rows_held.return_interview_accepted,
        rows_held.team_name,
        rows_held.snapshot_date,
        rows_held.load_id,
        rows_held.row_number,
        {{ reference_day('rows_held') }} as reference_date,
        row_number() over (
            partition by rows_held.child_id, rows_held.snapshot_date
            order by rows_held.load_id desc, rows_held.row_number desc
        ) as row_rank
    from {{ ref('stg_annex_a__children_looked_after') }} as rows_held
    cross join {{ ref('stg_control__run') }} as run
    where
        {{ is_open_on_reference_day('rows_held', 'cla_start_date', 'cla_end_date') }}
)

select
    {{ month_key('snapshots.snapshot_date') }} as month,
    snapshots.reference_date,
    {{ row_key(['children.child_key', 'snapshots.start_date']) }} as cla_key,
    children.child_key,
    snapshots.start_date,
    {{ days_between('snapshots.start_date', 'snapshots.reference_date') }} + 1 as days_looked_after,
    snapshots.category_of_need,
    snapshots.legal_status,
    snapshots.legal_status_start_date,
    snapshots.uasc,
    snapshots.permanence_plan,
    snapshots.latest_review_date,
    snapshots.last_social_work_visit_date,
    snapshots.last_iro_contact_date,
    snapshots.last_health_assessment_date,
    snapshots.last_dental_check_date,
    snapshots.placements_last_12_months,
    snapshots.placement_start_date,
    snapshots.placement_type,
    snapshots.placement_provider,
    snapshots.placement_location,
    snapshots.missing_episodes_last_12_months,
    snapshots.absent_episodes_last_12_months,
    snapshots.return_interview_offered,
    snapshots.return_interview_accepted,
    {{ age_in_years('children.date_of_birth', 'snapshots.reference_date') }} as age,
    {{ team_columns() }},
    snapshots.load_id,
    snapshots.row_number
from snapshots
inner join {{ ref('int_children__identities') }} as children on snapshots.child_id = children.child_id
{{ team_joins('snapshots', 'snapshots.reference_date') }}
where
    snapshots.row_rank = 1
    and (snapshots.legal_status is null or snapshots.legal_status not in ('V3', 'V4'))
    and (
        children.date_of_birth is null
        or {{ age_in_years('children.date_of_birth', 'snapshots.reference_date') }} < 18
    )
