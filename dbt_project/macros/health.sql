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


{#-
    Health assessments a child of this age needs in a year by the national return, which counts them and no interval: the
    regulations ask for one every six months under the age of five and one a year from then on.
-#}
{% macro health_assessments_required(age) -%}
    case when {{ age }} < 5 then 2 else 1 end
{%- endmacro %}

{#- The ages whose questionnaire the national return asks for: from 5 to 16, from the year that ends in March 2026 on from 4 to 16. -#}
{% macro is_sdq_age(age, reference_date) -%}
    {{ age }} between case when {{ reference_date }} > cast('2025-03-31' as date) then 4 else 5 end and 16
{%- endmacro %}
