with

source as (
    {{ settle('reference', 'commentary') }}
),

renamed as (
    select
        -- ids
        source.commented_period as period,
        source.kpi,
        source.service_code,
        -- dates
        source.due_date,
        -- codes and names
        source.text,
        source.cause,
        source.action,
        source.owner,
        source.author,
        source.approver,
        source.state,
        -- where the row comes from
        source.load_id,
        source.snapshot_date,
        source.row_number
    from source
)

select * from renamed
