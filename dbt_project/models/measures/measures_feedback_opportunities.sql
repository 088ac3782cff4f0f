-- One row per opportunity for feedback, on the day of the closure, the end or the request. What is not recorded about the attempt is
-- in no denominator of responses, and in that of the calls it is told apart.
select
    {{ kpi_item_columns('opportunities', 'opportunity_key', 'opportunity_date') }}
    opportunities.channel,
    opportunities.opportunity_kind,
    coalesce(opportunities.people_asked, 0) as people_asked,
    case when opportunities.people_asked is not null then opportunities.responses else 0 end as responses,
    {%- set is_closure = "opportunities.opportunity_kind in ('closed_assessment', 'closed_case')" %}
    {{ kpi_flag(is_closure) }} as is_closure,
    {{ kpi_flag(is_closure ~ ' and opportunities.is_attempted') }} as is_closure_called,
    {{ kpi_flag(is_closure ~ ' and opportunities.is_attempted and opportunities.is_reached') }} as is_closure_reached,
    {{ kpi_flag(is_closure ~ ' and opportunities.is_attempted is null') }} as is_closure_call_not_recorded
from {{ ref('fct_feedback_opportunities') }} as opportunities
{{ kpi_item_joins('opportunities', 'opportunity_date') }}
