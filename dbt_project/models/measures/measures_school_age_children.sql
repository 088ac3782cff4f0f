-- One row per child of compulsory school age open to social care at a month end.
select
    {{ kpi_item_columns('children_open', 'child_key', 'reference_date') }}
    children_open.social_care_status,
    1 as is_school_age,
    {{ kpi_flag('children_open.is_missing_education') }} as is_missing_education,
    {{ kpi_flag('children_open.is_home_educated') }} as is_home_educated,
    {{ kpi_flag('children_open.has_ehcp') }} as has_ehcp,
    {{ kpi_flag("children_open.social_care_status <> 'looked_after'") }} as is_not_looked_after,
    {{ kpi_flag("children_open.social_care_status <> 'looked_after' and children_open.has_ehcp") }} as has_ehcp_not_looked_after,
    {{ kpi_flag("children_open.social_care_status = 'looked_after'") }} as is_looked_after,
    {{ kpi_flag("children_open.social_care_status = 'looked_after' and children_open.has_ehcp") }} as has_ehcp_looked_after,
    {{ kpi_flag("children_open.social_care_status = 'looked_after' and not children_open.is_full_time_education") }}
        as is_not_full_time_looked_after,
    {{ kpi_flag("children_open.social_care_status = 'looked_after' and children_open.is_full_time_education is null") }}
        as is_hours_not_recorded_looked_after
from {{ ref('fct_school_age_children_month_end') }} as children_open
{{ kpi_item_joins('children_open', 'reference_date') }}
