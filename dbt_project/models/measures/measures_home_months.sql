-- One row per own home open at a month end and month that is over, on the last day of the month. A month that is not over can still
-- have its visit.
select
    {{ kpi_plain_item_columns('homes', 'home_month_key', 'reference_date', child_key='cast(null as varchar)') }}
    coalesce(homes.home_kind, 'unknown') as home_kind,
    {{ kpi_flag('homes.has_monthly_visit is not null') }} as is_visit_due,
    {{ kpi_flag('homes.has_monthly_visit') }} as is_visited
from (
    select
        {{ row_key(['month_ends.home_key', 'month_ends.month']) }} as home_month_key,
        month_ends.reference_date,
        month_ends.home_kind,
        month_ends.has_monthly_visit,
        month_ends.team_code,
        month_ends.service_code
    from {{ ref('fct_homes_month_end') }} as month_ends
) as homes
{{ kpi_plain_item_joins('homes', 'reference_date') }}
