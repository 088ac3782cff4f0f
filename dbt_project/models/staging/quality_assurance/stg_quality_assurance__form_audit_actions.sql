with

source as (
    {{ settle('quality_assurance', 'form_audit_actions') }}
),

renamed as (
    {{ audit_actions_renamed() }}
)

select * from renamed
