with

source as (
    {{ settle('annex_a', 'list_11') }}
),

renamed as (
    select
        -- ids
        source.adopter_id,
        source.family_id,
        -- dates
        source.enquiry_date,
        source.stage_1_start_date,
        source.stage_1_end_date,
        source.stage_2_start_date,
        source.stage_2_end_date,
        source.application_date,
        source.approval_date,
        source.matched_date,
        source.placed_date,
        source.adoption_order_date,
        source.leaving_date,
        -- codes and names
        source.gender,
        source.ethnicity,
        source.disability,
        source.fostering_for_adoption,
        source.leaving_reason,
        -- numbers
        source.children_placed,
        -- where the row comes from
        source.load_id,
        source.snapshot_date,
        source.row_number,
        source.is_current
    from source
)

select * from renamed
