{#- Rules of the safeguarding partnership. -#}

{#- Without all of these agencies a strategy meeting is not quorate (Working Together: social care, police and health). -#}
{% macro is_quorum_agency(agency) -%}
    {{ agency }} in ('children_social_care', 'police', 'health')
{%- endmacro %}

{#- How many they are. -#}
{% macro quorum_size() -%}
    3
{%- endmacro %}
