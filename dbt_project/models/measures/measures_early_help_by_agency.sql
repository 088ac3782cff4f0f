-- One row per early help assessment, on the day it was completed, by the agency of the lead professional (by Annex A the organisation
-- that made the assessment).
select
    {{ kpi_item_columns('assessments', 'early_help_assessment_key', 'completion_date') }}
    coalesce(agencies.agency_name, 'not_recorded') as lead_agency,
    1 as is_assessment
from {{ ref('fct_early_help_assessments') }} as assessments
left join {{ ref('dim_agency') }} as agencies on assessments.agency_key = agencies.agency_key
{{ kpi_item_joins('assessments', 'completion_date') }}
where assessments.completion_date is not null
