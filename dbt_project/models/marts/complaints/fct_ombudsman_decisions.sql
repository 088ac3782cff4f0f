-- Decisions of the Local Government and Social Care Ombudsman. Some are on complaints that never came to the authority first; and
-- one that closes a case without an investigation is neither upheld nor not.
select
    keys.ombudsman_decision_key,
    complaints.complaint_key,
    complaints.child_key,
    decisions.decision_date,
    case decisions.upheld when 'yes' then 'upheld' when 'no' then 'not_upheld' else 'closed_without_finding' end as finding,
    {{ answered_yes('decisions.remedy_agreed') }} as is_remedy_agreed,
    decisions.remedy_due_date,
    {{ by_as_at('decisions.remedy_completed_date') }} as remedy_completed_date,
    coalesce(decisions.theme, 'not_recorded') as theme,
    coalesce(nullif(trim(decisions.service_code), ''), complaints.service_code, 'unmapped') as service_code,
    case
        when nullif(trim(decisions.service_code), '') is null or decisions.service_code = complaints.service_code
            then coalesce(complaints.team_code, 'unmapped')
        else 'unmapped'
    end as team_code,
    decisions.load_id,
    decisions.row_number
from {{ ref('stg_complaints__ombudsman_decisions') }} as decisions
cross join {{ ref('stg_control__run') }} as run
inner join {{ ref('stg_control__ombudsman_decision_keys') }} as keys
    on decisions.ombudsman_decision_id = keys.ombudsman_decision_id
left join {{ ref('stg_control__complaint_keys') }} as complaint_keys on decisions.complaint_id = complaint_keys.complaint_id
left join {{ ref('fct_complaints') }} as complaints on complaint_keys.complaint_key = complaints.complaint_key
where decisions.decision_date <= run.as_at
