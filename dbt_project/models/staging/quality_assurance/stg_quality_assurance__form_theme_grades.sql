with

source as (
    {{ settle('quality_assurance', 'form_theme_grades') }}
),

renamed as (
    {{ theme_grades_renamed() }}
)

select * from renamed
