-- One row per child with an open episode of need at a month end.
select
    {{ kpi_item_columns('cin', 'child_key', 'reference_date') }}
    coalesce(cin.primary_need, 'not_recorded') as primary_need,
    {{ duration_band('cin.start_date', 'cin.reference_date') }} as duration_band,
    1 as is_open_episode,
    -- the list leaves out care leavers over 18, and shows of a child the latest episode only
    {{ kpi_flag("cin.source_route = 'annex_a'") }} as is_listed_only,
    {{ kpi_flag(has_lasted_months('cin.start_date', 'cin.reference_date', 24)) }} as is_open_two_years_or_more,
    {{ kpi_flag('not cin.is_allocated') }} as is_without_worker
from {{ ref('fct_cin_plans_month_end') }} as cin
{{ kpi_item_joins('cin', 'reference_date') }}
