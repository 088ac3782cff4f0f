-- One row per care leaver receiving a service at a month end.
{% set is_aged_19_to_21 = 'care_leavers.age between 19 and 21' %}
-- G gone abroad, H deported, R residence not known.
{% set has_known_residence = is_aged_19_to_21 ~ " and care_leavers.accommodation_type not in ('G', 'H', 'R', 'unknown')" %}

select
    {{ kpi_item_columns('care_leavers', 'child_key', 'reference_date') }}
    {{ kpi_flag(
        is_aged_19_to_21 ~ " and coalesce(care_leavers.in_touch, 'unknown') not in ('died', 'returned_home')"
    ) }} as is_in_touch_expected,
    {{ kpi_flag(is_aged_19_to_21 ~ " and care_leavers.in_touch = 'yes'") }} as is_in_touch,
    {{ kpi_flag(has_known_residence) }} as is_accommodation_known,
    {{ kpi_flag(has_known_residence ~ " and care_leavers.accommodation_suitability = 'suitable'") }}
        as is_suitable_accommodation
from {{ ref('fct_care_leavers_month_end') }} as care_leavers
{{ kpi_item_joins('care_leavers', 'reference_date') }}
