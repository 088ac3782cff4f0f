-- One row per child and early help case that was stepped down from social care, on the day 6 months after it was opened. Rows stand
-- here once referrals are known to that day.
with

cases as (
    select
        early_help_case_key,
        child_key,
        {{ add_months('start_date', 6) }} as window_end_date,
        coalesce(level_of_need, 'not_recorded') as level_of_need,
        has_referral_within_6_months_of_start,
        service_code,
        team_code
    from {{ ref('fct_early_help_cases') }}
    where is_stepped_down and has_referral_within_6_months_of_start is not null
)

select
    {{ kpi_item_columns('cases', 'early_help_case_key', 'window_end_date') }}
    cases.level_of_need,
    1 as is_step_down,
    {{ kpi_flag('not cases.has_referral_within_6_months_of_start') }} as is_step_down_sustained
from cases
{{ kpi_item_joins('cases', 'window_end_date') }}
