-- One row per academic year that is over and child open to social care on 31 March of it, aged 5 to 15 at its start, whose sessions are
-- known; on the last day of the year. A child looked after for less than twelve months stands in the total alone.
select
    {{ kpi_item_columns('pupils', 'pupil_year_key', 'year_end') }}
    pupils.social_care_status,
    1 as is_pupil,
    {{ kpi_flag('pupils.is_persistent_absentee') }} as is_persistent_absentee,
    {{ kpi_flag("pupils.social_care_status = 'child_in_need'") }} as is_child_in_need,
    {{ kpi_flag("pupils.social_care_status = 'child_in_need' and pupils.is_persistent_absentee") }} as is_persistent_absentee_child_in_need,
    {{ kpi_flag("pupils.social_care_status = 'child_protection'") }} as is_child_protection,
    {{ kpi_flag("pupils.social_care_status = 'child_protection' and pupils.is_persistent_absentee") }}
        as is_persistent_absentee_child_protection,
    {{ kpi_flag('pupils.is_looked_after_12_months') }} as is_looked_after,
    {{ kpi_flag('pupils.is_looked_after_12_months and pupils.is_persistent_absentee') }} as is_persistent_absentee_looked_after
from {{ ref('fct_pupil_years') }} as pupils
{{ kpi_item_joins('pupils', 'year_end') }}
where pupils.sessions_possible > 0 and pupils.age_at_start between 5 and 15
