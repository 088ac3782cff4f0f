-- One row per intervention flagged for a mid-way star that was still open the day after its mid-point, on the day of the mid-point.
select
    {{ kpi_item_columns('interventions', 'intervention_key', 'mid_point_due_date') }}
    1 as is_mid_star_due,
    {{ kpi_flag('interventions.mid_star_date is not null') }} as is_mid_star_done
from {{ ref('fct_webstar_interventions') }} as interventions
{{ kpi_item_joins('interventions', 'mid_point_due_date') }}
where
    interventions.is_mid_star_expected
    and (interventions.closed_date is null or interventions.closed_date > interventions.mid_point_due_date)
