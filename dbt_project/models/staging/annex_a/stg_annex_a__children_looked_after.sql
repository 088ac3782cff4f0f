with

source as (
    {{ settle('annex_a', 'list_8') }}
),

renamed as (
    select
        -- ids
        source.child_id,
        -- dates
        source.date_of_birth,
        source.cla_start_date,
        source.legal_status_start_date,
        source.latest_review_date,
        source.last_social_work_visit_date,
        source.last_iro_contact_date,
        source.last_health_assessment_date,
        source.last_dental_check_date,
        source.cla_end_date,
        source.placement_start_date,
        -- codes and names
        source.gender,
        source.ethnicity,
        source.uasc,
        source.disability,
        source.category_of_need,
        source.second_period,
        source.legal_status,
        source.permanence_plan,
        source.cla_end_reason,
        source.placement_type,
        source.placement_provider,
        source.placement_postcode,
        source.placement_urn,
        source.placement_location,
        source.placement_la,
        source.return_interview_offered,
        source.return_interview_accepted,
        source.team as team_name,
        source.worker as worker_name,
        -- numbers
        source.age as recorded_age,
        source.placements_last_12_months,
        source.missing_episodes_last_12_months,
        source.absent_episodes_last_12_months,
        -- where the row comes from
        source.load_id,
        source.snapshot_date,
        source.row_number,
        source.is_current
    from source
)

select * from renamed
