-- One row per case file audit of a child whose case was open when the list was drawn, on the day the audit was completed. The child
-- stands with the service and team that held the case then, as the open cases do that such a count is divided by: an audit of a
-- children's home stands with the home's team, its child does not.
with

audited as (
    select
        audits.audit_key,
        audits.child_key,
        audits.completed_date,
        frame.service_code,
        frame.team_code
    from {{ ref('fct_audits') }} as audits
    {{ audit_frame_join('inner') }}
    where audits.status = 'completed'
)

select
    {{ kpi_item_columns('audited', 'audit_key', 'completed_date') }}
    1 as is_child_in_frame
from audited
{{ kpi_item_joins('audited', 'completed_date') }}
