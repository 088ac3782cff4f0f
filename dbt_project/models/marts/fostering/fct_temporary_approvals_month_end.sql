-- Temporary approvals under regulation 24 open at each month end: begun, not ended, and without a full approval by then. The last day
-- allowed is the one known then: an extension agreed later does not reach back.
with

open_then as (
    select
        month_ends.month,
        month_ends.reference_date,
        temporary.temporary_approval_key,
        temporary.child_key,
        temporary.household_key,
        temporary.start_date,
        coalesce(temporary.extension_agreed_date <= month_ends.reference_date, false) as is_extended,
        case
            when temporary.extension_agreed_date <= month_ends.reference_date
                then coalesce(temporary.extended_until_date, temporary.expiry_date)
            else temporary.expiry_date
        end as last_day_allowed,
        temporary.team_code,
        temporary.service_code,
        temporary.load_id,
        temporary.row_number
    from {{ ref('fct_temporary_approvals') }} as temporary
    inner join {{ ref('int_calendar__month_ends') }} as month_ends
        on
            temporary.start_date <= month_ends.reference_date
            and {{ end_or_never('temporary.end_date') }} > month_ends.reference_date
            and {{ end_or_never('temporary.full_approval_date') }} > month_ends.reference_date
)

select
    month,
    reference_date,
    temporary_approval_key,
    child_key,
    household_key,
    start_date,
    last_day_allowed,
    is_extended,
    last_day_allowed < reference_date as is_past_its_time,
    {{ days_between('start_date', 'reference_date') }} as days_open,
    team_code,
    service_code,
    load_id,
    row_number
from open_then
