-- Formal disputes open at the reference date of each month end. Closed on the reference date is closed; due on it, or before days off that
-- last to it, is not overdue.
select
    month_ends.month,
    month_ends.reference_date,
    disputes.dispute_key,
    disputes.child_key,
    disputes.plan_type,
    disputes.service_code,
    disputes.team_code,
    disputes.formal_raised_date,
    disputes.resolution_due_date,
    reference_days.working_day_index - formal.working_day_index as working_days_open,
    disputes.resolution_in_time_until < month_ends.reference_date as is_overdue
from {{ ref('fct_dispute_resolutions') }} as disputes
inner join {{ ref('int_calendar__month_ends') }} as month_ends
    on
        disputes.formal_raised_date <= month_ends.reference_date
        and (disputes.closed_date is null or disputes.closed_date > month_ends.reference_date)
left join {{ ref('dim_date') }} as formal on disputes.formal_raised_date = formal.date_day
left join {{ ref('dim_date') }} as reference_days on month_ends.reference_date = reference_days.date_day
