-- One row per child looked after at a month end, with the twelve months behind it. Each question has its own denominator: the
-- children it is asked of, where the extract covers the year.
select
    {{ kpi_item_columns('years', 'child_key', 'reference_date') }}
    {{ kpi_flag('years.is_health_assessed is not null') }} as is_health_asked,
    {{ kpi_flag('years.is_health_assessed') }} as is_health_assessed,
    {{ kpi_flag('years.is_dental_checked is not null') }} as is_dental_asked,
    {{ kpi_flag('years.is_dental_checked') }} as is_dental_checked,
    {{ kpi_flag('years.is_immunisation_position_known') }} as is_immunisation_asked,
    {{ kpi_flag('years.is_immunisation_overwritten') }} as is_immunisation_overwritten,
    {{ kpi_flag('years.is_immunised') }} as is_immunised,
    {{ kpi_flag('years.is_immunisation_position_known and years.is_immunised is null') }} as is_immunisation_not_recorded,
    {{ kpi_flag('years.is_sdq_expected') }} as is_sdq_asked,
    {{ kpi_flag('years.sdq_score is not null') }} as is_sdq_scored,
    {{ kpi_flag("years.sdq_band = 'concern'") }} as is_sdq_concern,
    coalesce(years.sdq_score, 0) as sdq_score,
    {{ kpi_flag('years.is_development_checked is not null') }} as is_development_asked,
    {{ kpi_flag('years.is_development_checked') }} as is_development_checked,
    {{ kpi_flag('years.has_substance_misuse_problem is not null') }} as is_substance_asked,
    {{ kpi_flag('years.has_substance_misuse_problem') }} as is_substance_misuse,
    {{ kpi_flag('years.is_convicted is not null') }} as is_conviction_asked,
    {{ kpi_flag('years.is_convicted') }} as is_convicted,
    {{ kpi_flag('years.social_workers is not null') }} as is_workers_asked,
    {{ kpi_flag('years.is_three_or_more_social_workers') }} as is_three_or_more_social_workers,
    {{ kpi_flag('years.social_workers = 0') }} as is_worker_not_recorded,
    {{ kpi_flag('years.is_matched_to_school') }} as is_matched_to_school,
    {{ kpi_flag('years.has_mid_year_move') }} as is_mid_year_move
from {{ ref('fct_cla_year_month_end') }} as years
{{ kpi_item_joins('years', 'reference_date') }}
