-- One row per child of school age looked after when a term ended, in the term it is counted in.
select
    {{ kpi_item_columns('terms', 'pep_term_key', 'counted_date') }}
    {{ kpi_flag('terms.is_up_to_date is not null') }} as is_plan_due,
    {{ kpi_flag('terms.is_up_to_date') }} as is_up_to_date,
    {{ kpi_flag('terms.is_not_yet_due') }} as is_not_yet_due
from {{ ref('fct_pep_terms') }} as terms
{{ kpi_item_joins('terms', 'counted_date') }}
