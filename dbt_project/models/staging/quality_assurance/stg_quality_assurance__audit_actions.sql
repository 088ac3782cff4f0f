with

source as (
    {{ settle('quality_assurance', 'audit_actions') }}
),

renamed as (
    {{ audit_actions_renamed() }}
)

select * from renamed
