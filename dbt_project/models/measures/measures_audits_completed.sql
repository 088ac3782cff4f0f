-- One row per case file audit, on the day it was completed. A child is in the frame when the case was open at the month end before the
-- list was circulated: the position the sample is drawn from.
{% set is_obtained -%}
    audits.views_obtained = 'yes' or audits.is_child_views_obtained or audits.is_parent_views_obtained
    or audits.is_carer_views_obtained or audits.is_adopter_views_obtained
{%- endset %}

select
    {{ kpi_item_columns('audits', 'audit_key', 'completed_date') }}
    1 as is_completed_audit,
    {{ kpi_flag('audits.moderated_grade is not null') }} as is_moderated,
    {{ kpi_flag("audits.views_sought = 'yes'") }} as is_views_sought,
    {{ kpi_flag("audits.views_sought = 'no'") }} as is_views_not_sought,
    {{ kpi_flag('audits.views_sought is null') }} as is_views_sought_not_recorded,
    {{ kpi_flag("audits.views_sought = 'no' and audits.is_reason_views_not_sought_given") }} as is_reason_views_not_sought_given,
    {{ kpi_flag(is_obtained) }} as is_views_obtained,
    {{ kpi_flag("audits.views_sought = 'yes' and (" ~ is_obtained ~ ")") }} as is_views_obtained_where_sought,
    {{ kpi_flag('audits.is_child_views_obtained') }} as is_child_views_obtained,
    {{ kpi_flag("audits.worker_discussion = 'yes'") }} as is_worker_discussion,
    {{ kpi_flag('audits.worker_discussion is null') }} as is_worker_discussion_not_recorded,
    {{ kpi_flag('frame.child_key is not null') }} as is_child_in_frame,
    frame.reference_date as frame_date
from {{ ref('fct_audits') }} as audits
{{ kpi_item_joins('audits', 'completed_date') }}
{{ audit_frame_join() }}
where audits.status = 'completed'
