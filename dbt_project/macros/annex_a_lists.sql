{#- What every Annex A list says of a child: `children` is dim_child, `listed` has the reference date. Born after the day, or without a
    date of birth, is unborn there: age -1; nobody states the sex of an unborn child. -#}
{% macro listed_child() -%}
    children.child_id,
    {{ listed_person() }}
{%- endmacro %}

{% macro listed_person() -%}
    case
        when children.date_of_birth > listed.reference_date or children.sex = 'unknown' then 'not_stated'
        else children.sex
    end as gender,
    nullif(children.ethnicity, 'unknown') as ethnicity,
    children.date_of_birth,
    cast(
        case
            when children.date_of_birth <= listed.reference_date
                then {{ age_in_years('children.date_of_birth', 'listed.reference_date') }}
            else -1
        end as integer
    ) as age
{%- endmacro %}

{#- Names of the team and worker on `listed.case_day`: by the codes and keys the row has itself, or (`by_allocation`) those of whoever
    held the child's case on that day, and the row's own team where no allocation is known. -#}
{% macro listed_case_joins(by_allocation=false) -%}
    {% if by_allocation %}
    {{ allocation_joins('listed', 'listed.case_day') }}
    {% endif %}
    left join {{ ref('dim_team') }} as team
        on
            {% if by_allocation %}coalesce(allocation_team.team_code, listed.team_code){% else %}listed.team_code{% endif %} = team.team_code
            and listed.case_day >= team.valid_from
            and (team.valid_to is null or listed.case_day <= team.valid_to)
    left join {{ ref('dim_worker') }} as worker
        on
            {% if by_allocation %}allocation.worker_id = worker.worker_id{% else %}listed.worker_key = worker.worker_key{% endif %}
            and worker.is_latest
{%- endmacro %}

{% macro listed_case_columns() -%}
    case when team.team_code <> 'unmapped' then team.team_name end as team,
    worker.worker_name as worker
{%- endmacro %}

{#- A yes or no of the template from a boolean; blank when not known. -#}
{% macro listed_answer(condition) -%}
    case when {{ condition }} then 'yes' when not ({{ condition }}) then 'no' end
{%- endmacro %}

{#- A day that had come by the day of the list; what comes later is not known there. -#}
{% macro listed_by_then(day) -%}
    case when {{ day }} <= days.reference_date then {{ day }} end
{%- endmacro %}

{#- The last day a team held the case: the day before it closed (never before it began), or the day of the list. -#}
{% macro last_case_day(start_date, end_date, reference_date) -%}
    case
        when {{ end_date }} is null then {{ reference_date }}
        when {{ end_date }} > {{ start_date }} then {{ add_days(end_date, -1) }}
        else {{ start_date }}
    end
{%- endmacro %}
