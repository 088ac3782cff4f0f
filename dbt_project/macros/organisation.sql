{#-
    A source gives a team by name, code or number. It is looked up on the day of the event; a team renamed since then is looked up
    on the day of the snapshot that shows the name; a name found on neither day is 'unmapped'.
    `row` must have team_name and snapshot_date.
-#}
{% macro team_joins(row, event_date) -%}
    left join {{ ref('int_organisation__team_names') }} as event_team
        on lower(trim({{ row }}.team_name)) = event_team.team_name_key
        and {{ event_date }} between event_team.valid_from and event_team.valid_to
    left join {{ ref('int_organisation__team_names') }} as snapshot_team
        on lower(trim({{ row }}.team_name)) = snapshot_team.team_name_key
        and {{ row }}.snapshot_date between snapshot_team.valid_from and snapshot_team.valid_to
{%- endmacro %}

{% macro team_columns() -%}
    coalesce(event_team.team_code, snapshot_team.team_code, 'unmapped') as team_code,
        coalesce(event_team.service_code, snapshot_team.service_code, 'unmapped') as service_code
{%- endmacro %}

{#-
    The team and worker that held a child's case on a day, for what is recorded without a team of its own. `row` must have
    child_key. Gives allocation.worker_id, and allocation_team.team_code and service_code.
-#}
{% macro allocation_joins(row, day) -%}
    left join {{ ref('int_involvements__allocations') }} as allocation
        on
            {{ row }}.child_key = allocation.child_key
            and {{ day }} between allocation.valid_from and allocation.valid_to
    left join {{ ref('int_organisation__team_names') }} as allocation_team
        on lower(trim(allocation.team_id)) = allocation_team.team_name_key
        and {{ day }} between allocation_team.valid_from and allocation_team.valid_to
{%- endmacro %}

{#- The team of allocation_joins, or unmapped where nobody held the case. -#}
{% macro allocation_columns() -%}
    coalesce(allocation_team.team_code, 'unmapped') as team_code,
    coalesce(allocation_team.service_code, 'unmapped') as service_code
{%- endmacro %}

{#-
    The team of a row that may have one of its own, and otherwise that of whoever held the child's case on the day: columns to
    the joins of team_joins and allocation_joins.
-#}
{% macro team_or_allocation_columns() -%}
    coalesce(event_team.team_code, snapshot_team.team_code, allocation_team.team_code, 'unmapped') as team_code,
    coalesce(event_team.service_code, snapshot_team.service_code, allocation_team.service_code, 'unmapped') as service_code
{%- endmacro %}
