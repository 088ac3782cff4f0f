{#- Band of a total difficulties score by the DfE: 0 to 13 normal, 14 to 16 borderline, 17 to 40 a concern. -#}
{% macro sdq_band(score) -%}
    case
        when {{ score }} between 0 and 13 then 'normal'
        when {{ score }} between 14 and 16 then 'borderline'
        when {{ score }} between 17 and 40 then 'concern'
    end
{%- endmacro %}


{#- An initial health assessment is a health assessment of the year as well. -#}
{% macro health_check_group(code) -%}
    case when {{ code }} = 'initial_health_assessment' then 'health_assessment' else {{ code }} end
{%- endmacro %}
