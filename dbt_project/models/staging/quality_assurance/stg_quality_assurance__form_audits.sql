with

source as (
    {{ settle('quality_assurance', 'form_audits') }}
),

renamed as (
    {{ audits_renamed() }}
)

select * from renamed
