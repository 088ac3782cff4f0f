-- One row per child looked after at a month end, short breaks and those turned 18 left out.
-- Annex A tells neither miles nor the day a visit is due, so its rows stand outside those questions. The case system tells placements
-- and who is unaccompanied by extracts of their own: where these do not reach, nobody is asked.
{% set has_miles = "cla.source_route = 'ssd'" %}
{% set has_placements = "coalesce(cla.source_route = 'annex_a' or covered.placements_from <= cla.reference_date, false)" %}
{% set has_placement_year %}
coalesce(
    cla.source_route = 'annex_a' or covered.placements_from <= {{ add_days(add_months('cla.reference_date', -12), 1) }}, false
)
{%- endset %}
{% set has_immigration_status = "coalesce(cla.source_route = 'annex_a' or covered.immigration_statuses > 0, false)" %}

with

covered as (
    select
        min(case when table_name = 'cla_placement' then covered_from end) as placements_from,
        count(case when table_name = 'immigration_status' then 1 end) as immigration_statuses
    from {{ ref('int_control__coverage') }}
    where source = 'ssd'
)

select
    {{ kpi_item_columns('cla', 'child_key', 'reference_date') }}
    coalesce(cla.placement_type_group, 'unknown') as placement_group,
    coalesce(cla.legal_status_group, 'unknown') as legal_status_group,
    1 as is_looked_after,
    {{ kpi_flag(has_placement_year) }} as is_placement_count_asked,
    {{ kpi_flag(has_placement_year ~ ' and cla.placements_last_12_months >= 3') }} as is_three_or_more_placements,
    {{ kpi_flag('cla.is_long_term_looked_after') }} as is_long_term,
    {{ kpi_flag('cla.is_long_term_looked_after and cla.is_long_term_stable') }} as is_long_term_stable,
    {{ kpi_flag('cla.is_long_term_looked_after and cla.is_long_term_stable is null') }} as is_long_term_stability_not_recorded,
    {{ kpi_flag(has_miles) }} as is_distance_asked,
    -- The distance is the one of the national return; whether the home lies outside the authority counts where it is told.
    {{ kpi_flag("cla.distance_miles > 20 and coalesce(cla.placement_location, 'out') <> 'in'") }} as is_over_20_miles,
    {{ kpi_flag(has_miles ~ ' and cla.distance_miles is null') }} as is_distance_not_recorded,
    {{ kpi_flag(has_placements) }} as is_placement_asked,
    {{ kpi_flag("cla.placement_type_group in ('foster', 'kinship')") }} as is_fostered,
    {{ kpi_flag("cla.placement_type_group = 'childrens_home'") }} as is_in_childrens_home,
    {{ kpi_flag("cla.placement_type_group = 'independent_living'") }} as is_in_independent_living,
    {{ kpi_flag("cla.placement_type_group = 'parents'") }} as is_with_parents,
    {{ kpi_flag(has_placements ~ ' and cla.placement_type is null') }} as is_placement_not_recorded,
    {{ kpi_flag(has_immigration_status) }} as is_unaccompanied_asked,
    {{ kpi_flag(has_immigration_status ~ " and cla.uasc = 'yes'") }} as is_unaccompanied,
    {{ kpi_flag('cla.is_visit_overdue is not null') }} as is_visit_judged,
    {{ kpi_flag('not cla.is_visit_overdue') }} as is_visit_in_time,
    {{ kpi_flag("cla.legal_status = 'V2'") }} as is_section_20,
    {{ kpi_flag('cla.legal_status is null') }} as is_legal_status_not_recorded
from {{ ref('fct_cla_month_end') }} as cla
cross join covered
{{ kpi_item_joins('cla', 'reference_date') }}
