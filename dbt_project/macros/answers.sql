{#- A coded answer as a boolean: true for yes, false for no, null where nobody can tell (blank, unknown, not applicable). -#}
{% macro answered_yes(answer) -%}
case {{ answer }} when 'yes' then true when 'no' then false end
{%- endmacro %}
