{#- What the dashboards of the teams share. -#}

{#- "3 Nov 2025" -#}
{% macro short_day(day) -%}
    cast(extract(day from {{ day }}) as varchar)
        || ' ' || substring({{ month_name(day) }}, 1, 3)
        || ' ' || cast(extract(year from {{ day }}) as varchar)
{%- endmacro %}

{#- A code as words: interim_care_order is "interim care order". -#}
{% macro in_words(code) -%}
    replace({{ code }}, '_', ' ')
{%- endmacro %}

{#- A standard's timescale as words: "10 working days", "1 month". -#}
{% macro timescale_in_words(alias) -%}
    cast({{ alias }}.timescale as varchar) || ' '
        || case
            when {{ alias }}.timescale = 1
                then substring({{ in_words(alias ~ '.timescale_unit') }}, 1, length({{ alias }}.timescale_unit) - 1)
            else {{ in_words(alias ~ '.timescale_unit') }}
        end
{%- endmacro %}

{#-
    Names beside the keys of a row that has team_code, worker_key and position_date: team_names and service_names as valid on the
    position date, worker_names as the case system has them today.
-#}
{% macro name_joins(row) -%}
left join {{ ref('dim_team') }} as team_names
    on
        {{ row }}.team_code = team_names.team_code
        and {{ row }}.position_date >= team_names.valid_from
        and {{ row }}.position_date <= {{ end_or_never('team_names.valid_to') }}
left join {{ ref('dim_worker') }} as worker_names
    on {{ row }}.worker_key = worker_names.worker_key and worker_names.is_latest
{%- endmacro %}

{#- The columns every child-level report of the teams begins with, to the joins of name_joins and dim_child as children. -#}
{% macro case_columns(row) -%}
{{ row }}.position_date,
    {{ row }}.team_code,
    team_names.team_name,
    {{ row }}.service_code,
    {{ row }}.worker_key,
    worker_names.worker_name,
    {{ row }}.child_key,
    children.child_id,
    {{ row }}.status
{%- endmacro %}
