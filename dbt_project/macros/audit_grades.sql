{#- The place of a grade on the four-point scale: 1 outstanding to 4 inadequate; null for no grade. -#}
{% macro grade_rank(grade) -%}
case {{ grade }} when 'outstanding' then 1 when 'good' then 2 when 'requires_improvement' then 3 when 'inadequate' then 4 end
{%- endmacro %}
