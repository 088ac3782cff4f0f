-- One row per care leaver and 17th to 21st birthday, on the birthday: the national collection's young people of a year.
{% set is_counted = 'not birthdays.is_left_out' %}
{% set is_19_to_21 = is_counted ~ ' and birthdays.birthday_age between 19 and 21' %}
{% set is_17_to_18 = is_counted ~ ' and birthdays.birthday_age between 17 and 18' %}
-- G gone abroad, H deported, R residence not known. Without a status the accommodation is not known either.
{% set has_residence = "coalesce(birthdays.accommodation_type, 'unknown') not in ('G', 'H', 'R', 'unknown')" %}
{% set stayed_fostered = is_counted ~ ' and birthdays.is_left_foster_care_at_18' %}

select
    {{ kpi_item_columns('birthdays', 'care_leaver_birthday_key', 'birthday_date') }}
    cast(birthdays.birthday_age as varchar) as birthday_age,
    {{ kpi_flag(is_19_to_21) }} as is_aged_19_to_21,
    {{ kpi_flag(is_19_to_21 ~ ' and not birthdays.has_status') }} as is_status_not_recorded,
    {{ kpi_flag(is_19_to_21 ~ " and birthdays.in_touch = 'yes'") }} as is_in_touch,
    {{ kpi_flag(is_19_to_21 ~ " and birthdays.activity_group = 'EET'") }} as is_eet,
    {{ kpi_flag(is_19_to_21 ~ " and birthdays.activity_group = 'NEET'") }} as is_neet,
    {{ kpi_flag(is_19_to_21 ~ " and coalesce(birthdays.activity_group, 'unknown') = 'unknown'") }} as is_activity_not_recorded,
    {{ kpi_flag(is_19_to_21 ~ " and birthdays.activity_status in ('F1', 'P1')") }} as is_in_higher_education,
    {{ kpi_flag(is_19_to_21 ~ ' and ' ~ has_residence) }} as is_accommodation_known,
    {{ kpi_flag(is_19_to_21 ~ ' and ' ~ has_residence ~ " and birthdays.accommodation_suitability = 'suitable'") }}
        as is_suitable_accommodation,
    {{ kpi_flag(
        is_19_to_21 ~ ' and ' ~ has_residence
        ~ " and coalesce(birthdays.accommodation_suitability, 'unknown') not in ('suitable', 'unsuitable')"
    ) }} as is_suitability_not_recorded,
    {{ kpi_flag(is_17_to_18) }} as is_aged_17_to_18,
    {{ kpi_flag(is_17_to_18 ~ " and birthdays.activity_group = 'EET'") }} as is_eet_17_to_18,
    {{ kpi_flag(is_17_to_18 ~ " and coalesce(birthdays.activity_group, 'unknown') = 'unknown'") }}
        as is_activity_17_to_18_not_recorded,
    {{ kpi_flag(stayed_fostered ~ ' and birthdays.birthday_age in (19, 20)') }} as is_staying_put_possible,
    -- Z with former foster carers
    {{ kpi_flag(stayed_fostered ~ " and birthdays.birthday_age in (19, 20) and birthdays.accommodation_type = 'Z'") }}
        as is_staying_put,
    {{ kpi_flag(stayed_fostered ~ ' and birthdays.birthday_age = 18') }} as is_staying_put_at_18_possible,
    {{ kpi_flag(stayed_fostered ~ " and birthdays.birthday_age = 18 and birthdays.accommodation_type = 'Z'") }}
        as is_staying_put_at_18
from {{ ref('fct_care_leaver_birthdays') }} as birthdays
{{ kpi_item_joins('birthdays', 'birthday_date') }}
