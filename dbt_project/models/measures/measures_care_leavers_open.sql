-- One row per care leaver receiving a service at a month end.
{% set is_aged_19_to_21 = 'care_leavers.age between 19 and 21' %}
-- G gone abroad, H deported, R residence not known. Who died or returned home is not among them.
{% set is_residence_known = "care_leavers.accommodation_type not in ('G', 'H', 'R', 'unknown')" %}
{% set is_among_care_leavers = "coalesce(care_leavers.in_touch, 'unknown') not in ('died', 'returned_home')" %}
{% set has_known_residence = is_aged_19_to_21 ~ ' and ' ~ is_among_care_leavers ~ ' and ' ~ is_residence_known %}
-- Those who want no service any more have no adviser and no plan to review.
{% set is_served = "coalesce(care_leavers.in_touch, 'unknown') not in ('died', 'returned_home', 'not_required')" %}
{% set has_plan_due = is_served ~ " and care_leavers.eligibility in ('relevant', 'former_relevant')" %}
-- S no fixed abode or homeless, X in custody.
{% set is_in_need_of_a_home = "care_leavers.accommodation_type in ('S', 'X') or care_leavers.accommodation_suitability = 'unsuitable'" %}

select
    {{ kpi_item_columns('care_leavers', 'child_key', 'reference_date') }}
    case
        when care_leavers.age between 17 and 18 then '17-18'
        when care_leavers.age between 19 and 21 then '19-21'
        when care_leavers.age between 22 and 25 then '22-25'
        else 'other'
    end as care_leaver_age,
    {{ kpi_flag(is_aged_19_to_21 ~ ' and ' ~ is_among_care_leavers) }} as is_in_touch_expected,
    {{ kpi_flag(is_aged_19_to_21 ~ " and care_leavers.in_touch = 'yes'") }} as is_in_touch,
    {{ kpi_flag(has_known_residence) }} as is_accommodation_known,
    {{ kpi_flag(has_known_residence ~ " and care_leavers.accommodation_suitability = 'suitable'") }}
        as is_suitable_accommodation,
    {{ kpi_flag(
        has_known_residence ~ " and coalesce(care_leavers.accommodation_suitability, 'unknown') not in ('suitable', 'unsuitable')"
    ) }} as is_suitability_not_recorded,
    {{ kpi_flag(is_aged_19_to_21 ~ ' and ' ~ is_among_care_leavers ~ " and care_leavers.activity_group = 'EET'") }} as is_eet,
    {{ kpi_flag(is_aged_19_to_21 ~ ' and ' ~ is_among_care_leavers ~ " and care_leavers.activity_group = 'NEET'") }} as is_neet,
    {{ kpi_flag(
        is_aged_19_to_21 ~ ' and ' ~ is_among_care_leavers ~ " and coalesce(care_leavers.activity_group, 'unknown') = 'unknown'"
    ) }} as is_activity_not_recorded,
    {{ kpi_flag('care_leavers.age between 17 and 18 and ' ~ is_among_care_leavers) }} as is_aged_17_to_18,
    {{ kpi_flag('care_leavers.age between 17 and 18 and ' ~ is_among_care_leavers ~ " and care_leavers.activity_group = 'EET'") }}
        as is_eet_17_to_18,
    {{ kpi_flag(
        'care_leavers.age between 17 and 18 and ' ~ is_among_care_leavers
        ~ " and coalesce(care_leavers.activity_group, 'unknown') = 'unknown'"
    ) }} as is_activity_17_to_18_not_recorded,
    {{ kpi_flag(is_served) }} as is_served,
    {{ kpi_flag(is_served ~ ' and care_leavers.has_personal_adviser') }} as has_personal_adviser,
    {{ kpi_flag(is_served ~ ' and care_leavers.is_contact_in_time') }} as is_contact_in_time,
    {{ kpi_flag(is_served ~ ' and care_leavers.latest_contact_date is null') }} as is_contact_not_recorded,
    {{ kpi_flag(has_plan_due) }} as is_pathway_plan_due,
    {{ kpi_flag(has_plan_due ~ ' and care_leavers.is_pathway_plan_in_time') }} as is_pathway_plan_in_time,
    {{ kpi_flag(has_plan_due ~ ' and care_leavers.pathway_plan_review_date is null') }} as is_pathway_plan_not_recorded,
    {{ kpi_flag(is_among_care_leavers ~ ' and (' ~ is_in_need_of_a_home ~ ')') }} as is_homeless_in_custody_or_unsuitable,
    {{ kpi_flag(is_served ~ ' and care_leavers.age between 22 and 25') }} as is_aged_22_to_25,
    {{ kpi_flag(is_served ~ ' and care_leavers.age between 22 and 25 and care_leavers.is_contact_in_time') }}
        as is_contact_in_time_22_to_25,
    {{ kpi_flag(is_served ~ ' and care_leavers.age between 22 and 25 and care_leavers.latest_contact_date is null') }}
        as is_contact_22_to_25_not_recorded
from {{ ref('fct_care_leavers_month_end') }} as care_leavers
{{ kpi_item_joins('care_leavers', 'reference_date') }}
