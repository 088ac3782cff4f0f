-- One row per child and early help case closed, on the day 12 months after the closure. Rows stand here once referrals are known to
-- that day.
with

cases as (
    select
        early_help_case_key,
        child_key,
        {{ add_months('end_date', 12) }} as window_end_date,
        coalesce(closure_reason, 'not_recorded') as closure_reason,
        coalesce(level_of_need, 'not_recorded') as level_of_need,
        has_referral_within_12_months,
        service_code,
        team_code
    from {{ ref('fct_early_help_cases') }}
    where has_referral_within_12_months is not null
)

select
    {{ kpi_item_columns('cases', 'early_help_case_key', 'window_end_date') }}
    cases.closure_reason,
    cases.level_of_need,
    1 as is_closure,
    {{ kpi_flag('cases.has_referral_within_12_months') }} as is_stepped_up
from cases
{{ kpi_item_joins('cases', 'window_end_date') }}
