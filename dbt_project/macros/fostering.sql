{#- Places of relatives' and friends' households are not counted among the approved places (Ofsted's fostering return). -#}
{% macro household_group(household_kind) -%}
    case {{ household_kind }} when 'kinship' then 'family_and_friends' else 'mainstream' end
{%- endmacro %}
