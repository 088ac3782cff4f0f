{#-
    Factors identified at the end of an assessment, by the codes of the children in need census: the number is the factor, the
    letter says whom it concerns (alcohol, drugs, domestic abuse, mental health, learning and physical disability only) or
    who did the harm (abuse by a child or by an adult). `code` is the code in upper case.
-#}
{% macro assessment_factor_number(code) -%}
    case when substring({{ code }}, 2, 1) between '0' and '9' then substring({{ code }}, 1, 2) else substring({{ code }}, 1, 1) end
{%- endmacro %}

{% macro assessment_factor_group(code) -%}
    {%- set groups = {
        '1': 'alcohol_misuse', '2': 'drug_misuse', '3': 'domestic_abuse', '4': 'mental_health', '5': 'learning_disability',
        '6': 'physical_disability_or_illness', '7': 'young_carer', '8': 'privately_fostered',
        '9': 'unaccompanied_asylum_seeking', '10': 'missing', '11': 'child_sexual_exploitation', '12': 'trafficking',
        '13': 'gangs', '14': 'socially_unacceptable_behaviour', '15': 'self_harm', '16': 'neglect', '17': 'emotional_abuse',
        '18': 'physical_abuse', '19': 'sexual_abuse', '20': 'other', '21': 'no_factors', '22': 'female_genital_mutilation',
        '23': 'abuse_linked_to_faith_or_belief', '24': 'child_criminal_exploitation',
    } -%}
    case {{ assessment_factor_number(code) }}
        {%- for number, group in groups.items() %}
        when '{{ number }}' then '{{ group }}'
        {%- endfor %}
        else 'unknown'
    end
{%- endmacro %}

{% macro assessment_factor_subject(code) -%}
    case
        when {{ assessment_factor_number(code) }} in ('1', '2', '3', '4', '5', '6') then case
            when {{ code }} like '%A' then 'child'
            when {{ code }} like '%B' then 'parent_or_carer'
            when {{ code }} like '%C' then 'other_person'
        end
        when {{ assessment_factor_number(code) }} in ('18', '19') then case
            when {{ code }} like '%B' then 'child_on_child'
            when {{ code }} like '%C' then 'adult_on_child'
        end
    end
{%- endmacro %}

{#- The code as recorded, in one spelling. -#}
{% macro recorded_factor(item) -%}
    upper(trim({{ item }}))
{%- endmacro %}

{#- An entry of a list of factors, or of a set of flags that says yes. -#}
{% macro is_factor_found(value) -%}
    upper(trim({{ value }})) in ('Y', 'YES', 'TRUE', '1')
{%- endmacro %}

{#- A factor with whom it concerns, as one word: mental_health_parent_or_carer, neglect. `row` has factor_group and factor_subject. -#}
{% macro factor_in_words(row) -%}
    {{ row }}.factor_group || coalesce('_' || {{ row }}.factor_subject, '')
{%- endmacro %}
