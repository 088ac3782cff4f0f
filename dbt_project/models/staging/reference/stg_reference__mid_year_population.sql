with

source as (
    {{ settle('reference', 'mid_year_population') }}
),

renamed as (
    select
        -- dates
        source.published_date,
        -- numbers
        source.year,
        source.population,
        -- where the row comes from
        source.load_id,
        source.snapshot_date,
        source.row_number
    from source
)

select * from renamed
