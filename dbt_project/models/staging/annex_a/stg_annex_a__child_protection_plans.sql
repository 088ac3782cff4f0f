with

source as (
    {{ settle('annex_a', 'list_7') }}
),

renamed as (
    select
        -- ids
        source.child_id,
        -- dates
        source.date_of_birth,
        source.cp_plan_start_date,
        source.last_statutory_visit_date,
        source.latest_review_date,
        source.cp_plan_end_date,
        -- codes and names
        source.gender,
        source.ethnicity,
        source.disability,
        source.initial_category,
        source.latest_category,
        source.seen_alone,
        source.emergency_protection,
        source.team as team_name,
        source.worker as worker_name,
        -- numbers
        source.age as recorded_age,
        source.previous_cp_plans,
        -- where the row comes from
        source.load_id,
        source.snapshot_date,
        source.row_number,
        source.is_current
    from source
)

select * from renamed
