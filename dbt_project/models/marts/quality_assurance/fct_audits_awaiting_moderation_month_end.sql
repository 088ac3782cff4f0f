-- Audits completed by the reference date of each month end on a template that is moderated, and not moderated by then. Moderated on
-- the reference date is moderated. Due on the reference date, or before days off that last to it, is not overdue.
select
    month_ends.month,
    month_ends.reference_date,
    audits.audit_key,
    audits.child_key,
    audits.template,
    audits.service_code,
    audits.team_code,
    audits.completed_date,
    audits.moderation_due_date,
    reference_days.working_day_index - completed.working_day_index as working_days_waiting,
    audits.moderation_in_time_until < month_ends.reference_date as is_overdue
from {{ ref('fct_audits') }} as audits
inner join {{ ref('int_calendar__month_ends') }} as month_ends
    on
        audits.completed_date <= month_ends.reference_date
        and (audits.moderated_date is null or audits.moderated_date > month_ends.reference_date)
left join {{ ref('dim_date') }} as completed on audits.completed_date = completed.date_day
left join {{ ref('dim_date') }} as reference_days on month_ends.reference_date = reference_days.date_day
where audits.is_moderated_template
