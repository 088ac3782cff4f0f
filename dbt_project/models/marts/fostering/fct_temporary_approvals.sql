-- Temporary approvals under regulation 24 that have begun. The last day they allow is the one to which they were extended, else the
-- day they expire, both as the service recorded them. One that is open after that day without a full approval is past its time.
with

temporary as (
    select
        children.child_key,
        keys.household_key,
        temporary.temporary_approval_id,
        temporary.temporary_start_date as start_date,
        temporary.temporary_expiry_date as expiry_date,
        {{ by_as_at('temporary.extension_agreed_date') }} as extension_agreed_date,
        {{ by_as_at('temporary.extension_agreed_date', 'temporary.extended_until_date') }} as extended_until_date,
        {{ by_as_at('temporary.full_approval_date') }} as full_approval_date,
        {{ by_as_at('temporary.temporary_end_date') }} as end_date,
        {{ by_as_at('temporary.temporary_end_date', 'temporary.temporary_end_reason') }} as end_reason,
        temporary.team_code as team_name,
        run.as_at,
        {{ reference_day('temporary') }} as known_to,
        temporary.snapshot_date,
        temporary.load_id,
        temporary.row_number
    from {{ ref('stg_fostering__temporary_approvals') }} as temporary
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on temporary.child_id = children.child_id
    left join {{ ref('stg_control__household_keys') }} as keys on temporary.household_id = keys.household_id
    where temporary.temporary_start_date <= run.as_at
)

select
    {{ row_key(['temporary.child_key', 'temporary.temporary_approval_id']) }} as temporary_approval_key,
    temporary.child_key,
    temporary.household_key,
    temporary.start_date,
    temporary.expiry_date,
    temporary.extension_agreed_date,
    temporary.extended_until_date,
    coalesce(temporary.extended_until_date, temporary.expiry_date) as last_day_allowed,
    temporary.full_approval_date,
    temporary.end_date,
    temporary.end_reason,
    {{ days_between('temporary.start_date', 'coalesce(temporary.end_date, temporary.as_at)') }} as days_temporary,
    -- null where the last day is not recorded, or came after the extract's day
    case
        when coalesce(temporary.extended_until_date, temporary.expiry_date) is null then null
        when coalesce(temporary.full_approval_date, temporary.end_date) is not null
            then least(
                coalesce(temporary.full_approval_date, temporary.end_date), coalesce(temporary.end_date, temporary.full_approval_date)
            ) > coalesce(temporary.extended_until_date, temporary.expiry_date)
        when coalesce(temporary.extended_until_date, temporary.expiry_date) < temporary.known_to then true
        when coalesce(temporary.extended_until_date, temporary.expiry_date) >= temporary.as_at then false
    end as is_past_its_time,
    {{ team_columns() }},
    temporary.load_id,
    temporary.row_number
from temporary
{{ team_joins('temporary', 'temporary.start_date') }}
