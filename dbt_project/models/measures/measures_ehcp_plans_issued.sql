-- One row per education, health and care plan, on the day it was issued. Requests of before the time limit of the practice standards are
-- left out; where the day of the request is missing nobody can tell.
select
    {{ kpi_item_columns('plans', 'ehcp_plan_key', 'plan_issued_date') }}
    1 as is_plan_issued,
    {{ kpi_flag('plans.plan_issued_date <= plans.due_date') }} as is_within_20_weeks,
    {{ kpi_flag('plans.request_date is null') }} as is_request_date_not_recorded,
    {{ kpi_flag('not coalesce(plans.has_time_limit_exception, false)') }} as is_without_exception,
    {{ kpi_flag('not coalesce(plans.has_time_limit_exception, false) and plans.plan_issued_date <= plans.due_date') }}
        as is_without_exception_within_20_weeks
from {{ ref('fct_ehcp_plans') }} as plans
{{ kpi_item_joins('plans', 'plan_issued_date') }}
where plans.plan_issued_date is not null and (plans.due_date is not null or plans.request_date is null)
