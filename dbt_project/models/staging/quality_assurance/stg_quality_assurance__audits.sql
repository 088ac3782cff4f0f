with

source as (
    {{ settle('quality_assurance', 'audits') }}
),

renamed as (
    {{ audits_renamed() }}
)

select * from renamed
