with

source as (
    {{ settle('annex_a', 'list_10') }}
),

renamed as (
    select
        -- ids
        source.child_id,
        source.family_id,
        -- dates
        source.date_of_birth,
        source.care_entry_date,
        source.adoption_decision_date,
        source.placement_order_date,
        source.matching_date,
        source.placed_date,
        source.adoption_order_date,
        source.decision_reversed_date,
        source.ffa_placement_date,
        -- codes and names
        source.gender,
        source.ethnicity,
        source.disability,
        source.reversal_reason,
        -- numbers
        source.age as recorded_age,
        -- where the row comes from
        source.load_id,
        source.snapshot_date,
        source.row_number,
        source.is_current
    from source
)

select * from renamed
