with

source as (
    {{ settle('annex_a', 'list_3') }}
),

renamed as (
    select
        -- ids
        source.child_id,
        -- dates
        source.date_of_birth,
        source.referral_date,
        -- codes and names
        source.gender,
        source.ethnicity,
        source.referral_source,
        source.referral_nfa,
        source.team as team_name,
        source.worker as worker_name,
        -- numbers
        source.age as recorded_age,
        source.referrals_last_12_months,
        -- where the row comes from
        source.load_id,
        source.snapshot_date,
        source.row_number,
        source.is_current
    from source
)

select * from renamed
