{#- Activity codes of care leavers by the DfE's groups; a blank is not known. -#}
{% macro activity_group(code) -%}
    case
        when {{ code }} in ('F1', 'P1', 'F2', 'P2', 'F3', 'P3', 'F4', 'P4', 'F5', 'P5') then 'EET'
        when {{ code }} in ('G4', 'G5', 'G6') then 'NEET'
        else 'unknown'
    end
{%- endmacro %}

{#-
    Thirteen weeks of care since the 14th birthday, some of it at 16 or 17, make a young person eligible (Children Act 1989,
    schedule 2, paragraph 19B).
-#}
{% macro days_in_care_for_entitlement() -%}
91
{%- endmacro %}
