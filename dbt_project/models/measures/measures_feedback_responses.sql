-- One row per response, on the day it was given.
select
    {{ kpi_item_columns('responses', 'response_key', 'response_date') }}
    responses.channel,
    responses.respondent,
    responses.agency,
    1 as is_response,
    {{ kpi_flag("responses.respondent = 'child'") }} as is_child,
    {{ kpi_flag("responses.respondent = 'parent'") }} as is_parent,
    {{ kpi_flag("responses.respondent = 'partner_agency'") }} as is_partner_agency
from {{ ref('fct_feedback_responses') }} as responses
{{ kpi_item_joins('responses', 'response_date') }}
