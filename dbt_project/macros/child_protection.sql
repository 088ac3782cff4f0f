{#-
    The team of a row that may have one of its own, and otherwise that of whoever held the child's case on the day: columns to
    the joins of team_joins and allocation_joins.
-#}
{% macro team_or_allocation_columns() -%}
    coalesce(event_team.team_code, snapshot_team.team_code, allocation_team.team_code, 'unmapped') as team_code,
    coalesce(event_team.service_code, snapshot_team.service_code, allocation_team.service_code, 'unmapped') as service_code
{%- endmacro %}

{#- yes and no as a boolean; anything else is not known. -#}
{% macro yes_or_no(code) -%}
    case {{ code }} when 'yes' then true when 'no' then false end
{%- endmacro %}

{#- An entry of a list of outcomes, as the case system flags it: true, false, or null where the list does not name it. -#}
{% macro outcome_flag(item) -%}
    max(case when outcomes.item = '{{ item }}' then case when lower(outcomes.value) in ('y', 'yes') then 1 else 0 end end)
{%- endmacro %}

{#- Numbers of a case system in their own order: 9 comes before 10, whatever the engine makes of text. -#}
{% macro in_number_order(number) -%}
    length({{ number }}), {{ number }}
{%- endmacro %}
