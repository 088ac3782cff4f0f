with

source as (
    {{ settle('annex_a', 'list_5') }}
),

renamed as (
    select
        -- ids
        source.child_id,
        -- dates
        source.date_of_birth,
        source.strategy_discussion_date,
        source.icpc_date,
        -- codes and names
        source.gender,
        source.ethnicity,
        source.disability,
        source.icpc_not_required,
        source.icpc_led_to_plan,
        source.team as team_name,
        source.worker as worker_name,
        -- numbers
        source.age as recorded_age,
        source.s47_last_12_months,
        source.icpcs_last_12_months,
        -- where the row comes from
        source.load_id,
        source.snapshot_date,
        source.row_number,
        source.is_current
    from source
)

select * from renamed
