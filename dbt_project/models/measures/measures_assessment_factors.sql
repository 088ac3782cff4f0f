-- One row per authorised assessment and factor identified at its end, on the day it was authorised. A factor that concerns several
-- people (the child, a parent, another person) is one factor for each; 'no factors' is none.
with

factors as (
    select
        min(factors.assessment_factor_key) as assessment_factor_key,
        factors.assessment_key,
        factors.child_key,
        factors.authorisation_date,
        {{ factor_in_words('factors') }} as assessment_factor,
        factors.service_code,
        factors.team_code
    from {{ ref('fct_assessment_factors') }} as factors
    where factors.factor_group <> 'no_factors'
    group by
        factors.assessment_key,
        factors.child_key,
        factors.authorisation_date,
        {{ factor_in_words('factors') }},
        factors.service_code,
        factors.team_code
)

select
    {{ kpi_item_columns('factors', 'assessment_factor_key', 'authorisation_date') }}
    factors.assessment_factor,
    1 as is_factor,
    {{ kpi_flag("factors.assessment_factor = 'domestic_abuse_parent_or_carer'") }} as is_domestic_abuse_of_parent,
    {{ kpi_flag("factors.assessment_factor = 'mental_health_parent_or_carer'") }} as is_mental_health_of_parent,
    {{ kpi_flag("factors.assessment_factor = 'neglect'") }} as is_neglect
from factors
{{ kpi_item_joins('factors', 'authorisation_date') }}
