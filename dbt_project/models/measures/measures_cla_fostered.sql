-- One row per child looked after and fostered at a month end.
select
    {{ kpi_item_columns('cla', 'child_key', 'reference_date') }}
    {{ fostering_group('cla.placement_type', 'cla.placement_provider') }} as fostering_group,
    1 as is_fostered,
    {{ kpi_flag(fostering_group('cla.placement_type', 'cla.placement_provider') ~ " = 'in_house'") }} as is_in_house,
    {{ kpi_flag(fostering_group('cla.placement_type', 'cla.placement_provider') ~ " = 'agency'") }} as is_agency,
    {{ kpi_flag(fostering_group('cla.placement_type', 'cla.placement_provider') ~ " = 'connected_carer'") }} as is_connected_carer,
    {{ kpi_flag(fostering_group('cla.placement_type', 'cla.placement_provider') ~ " = 'not_recorded'") }} as is_provider_not_recorded
from {{ ref('fct_cla_month_end') }} as cla
{{ kpi_item_joins('cla', 'reference_date') }}
where cla.placement_type_group in ('foster', 'kinship')
