-- Fostering households as known at the as-at date. A household begins with its first approval or with the first temporary approval
-- under regulation 24, whichever comes first; one whose end lies after the as-at date has not ended.
{{ config(materialized='table') }}
with

temporary as (
    select
        temporary.household_id,
        min(temporary.temporary_start_date) as start_date
    from {{ ref('stg_fostering__temporary_approvals') }} as temporary
    where temporary.household_id is not null
    group by temporary.household_id
),

households as (
    select
        households.household_id,
        keys.household_key,
        households.household_kind,
        {{ by_as_at('households.household_approved_date') }} as approved_date,
        {{ by_as_at('temporary.start_date') }} as temporary_start_date,
        {{ by_as_at('households.household_ended_date') }} as ended_date,
        {{ by_as_at('households.household_ended_date', 'households.household_end_reason') }} as end_reason,
        households.household_status,
        households.approved_places,
        households.places_on_hold,
        households.age_from,
        households.age_to,
        households.carers_count,
        households.team_code as team_name,
        households.snapshot_date,
        households.load_id,
        households.row_number
    from {{ ref('stg_fostering__households') }} as households
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('stg_control__household_keys') }} as keys on households.household_id = keys.household_id
    left join temporary on households.household_id = temporary.household_id
    -- without any date of approval the household is not known to have begun later
    where
        coalesce(households.household_approved_date, temporary.start_date) is null
        or households.household_approved_date <= run.as_at
        or temporary.start_date <= run.as_at
)

select
    household_id,
    household_key,
    household_kind,
    {{ household_group('household_kind') }} as household_group,
    approved_date,
    temporary_start_date,
    least(coalesce(approved_date, temporary_start_date), coalesce(temporary_start_date, approved_date)) as start_date,
    ended_date,
    end_reason,
    -- the status shown may be newer than the as-at date: what the dates say goes first
    case
        when ended_date is not null then 'ended'
        when approved_date is null and temporary_start_date is not null then 'temporarily_approved'
        when household_status in ('ended', 'temporarily_approved') then 'approved'
        else household_status
    end as household_status,
    approved_places,
    places_on_hold,
    age_from,
    age_to,
    carers_count,
    team_name,
    snapshot_date,
    load_id,
    row_number
from households
