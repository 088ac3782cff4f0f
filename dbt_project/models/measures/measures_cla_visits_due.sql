-- One row per visit to a child looked after, on the day it fell due. One that fell due after the child had moved or left care, though
-- made before, is on neither side.
select
    {{ kpi_item_columns('visits', 'cla_visit_key', 'due_date') }}
    case when visits.is_first_in_placement then 'first_in_placement' else 'later' end as visit_kind,
    {{ kpi_flag('visits.is_due_in_stay and visits.is_in_time is not null') }} as is_visit_due,
    {{ kpi_flag('visits.is_due_in_stay and visits.is_in_time') }} as is_in_time
from {{ ref('fct_cla_visits') }} as visits
{{ kpi_item_joins('visits', 'due_date') }}
