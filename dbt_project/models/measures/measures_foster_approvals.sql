-- One row per enquiry of prospective foster carers that led to an approval, on the day of the approval.
with

approvals as (
    select
        enquiries.fostering_enquiry_key,
        enquiries.approved_date,
        enquiries.household_group,
        enquiries.days_to_approval,
        households.team_code,
        households.service_code
    from {{ ref('fct_fostering_enquiries') }} as enquiries
    left join {{ ref('fct_fostering_households') }} as households on enquiries.household_key = households.household_key
    where enquiries.approved_date is not null
)

select
    {{ kpi_plain_item_columns('approvals', 'fostering_enquiry_key', 'approved_date', child_key='cast(null as varchar)') }}
    coalesce(approvals.household_group, 'unknown') as household_group,
    {{ kpi_flag('approvals.days_to_approval is not null') }} as is_approval,
    approvals.days_to_approval
from approvals
{{ kpi_plain_item_joins('approvals', 'approved_date') }}
