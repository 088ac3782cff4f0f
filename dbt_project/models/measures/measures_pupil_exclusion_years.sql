-- One row per academic year that is over and child open to social care on 31 March of it who is matched to a school; on the last day of the
-- year. A child looked after for less than twelve months stands in the total alone.
select
    {{ kpi_item_columns('pupils', 'pupil_year_key', 'year_end') }}
    pupils.social_care_status,
    1 as is_pupil,
    {{ kpi_flag('pupils.suspensions > 0') }} as is_suspended,
    {{ kpi_flag('pupils.permanent_exclusions > 0') }} as is_permanently_excluded,
    {{ kpi_flag("pupils.social_care_status = 'child_in_need'") }} as is_child_in_need,
    {{ kpi_flag("pupils.social_care_status = 'child_in_need' and pupils.suspensions > 0") }} as is_suspended_child_in_need,
    {{ kpi_flag("pupils.social_care_status = 'child_protection'") }} as is_child_protection,
    {{ kpi_flag("pupils.social_care_status = 'child_protection' and pupils.suspensions > 0") }} as is_suspended_child_protection,
    {{ kpi_flag('pupils.is_looked_after_12_months') }} as is_looked_after,
    {{ kpi_flag('pupils.is_looked_after_12_months and pupils.suspensions > 0') }} as is_suspended_looked_after
from {{ ref('fct_pupil_years') }} as pupils
{{ kpi_item_joins('pupils', 'year_end') }}
