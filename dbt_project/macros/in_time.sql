{#-
    Whether something was done by the day it was due: true or false once it is done or the day has passed, null before and where
    nothing is due. `known_to` is the last day the data speak of: after it nobody can tell that it was not done. What was not done
    falls away when that for which it is owed ended (`ended_date`) by the day it was due.
-#}
{% macro done_in_time(done_date, due_date, known_to, ended_date=none) -%}
    case
        when {{ due_date }} is null then null
        {%- if ended_date %}
        when {{ done_date }} is null and {{ ended_date }} <= {{ due_date }} then null
        {%- endif %}
        when {{ done_date }} <= {{ due_date }} then true
        when {{ done_date }} > {{ due_date }} or {{ due_date }} <= {{ known_to }} then false
    end
{%- endmacro %}

{#-
    Whether something not done yet is overdue on a day, which is the day after the due one at the earliest. What the data do not
    speak of cannot be called undone: due after `known_to`, the last day they do, it is neither overdue nor not. Due by then it is
    overdue as they were left. Null where nothing is due or nothing is known.
-#}
{% macro is_overdue(due_date, day, known_to) -%}
    case
        when {{ due_date }} >= {{ day }} then false
        when {{ due_date }} <= {{ known_to }} then true
    end
{%- endmacro %}

{#- The last day up to a given one that the data speak of; null where they speak of none. -#}
{% macro last_known_day(day, known_to) -%}
    case when {{ known_to }} < {{ day }} then {{ known_to }} when {{ known_to }} is not null then {{ day }} end
{%- endmacro %}

{#- The day on which what is undone is judged: the day itself, or the first one the data do not speak of, whose eve is over. -#}
{% macro judged_on(day, known_to) -%}
    case when {{ known_to }} >= {{ day }} then {{ day }} else {{ add_days(known_to, 1) }} end
{%- endmacro %}

{#- What is dated after the as-at date has not happened: the date, or what hangs on it, is null. `run` must be joined. -#}
{% macro by_as_at(day, value=none) -%}
    case when {{ day }} <= run.as_at then {{ value or day }} end
{%- endmacro %}

{#- The same for what is told without its date: it counts as told. -#}
{% macro unless_after_as_at(day, value) -%}
    case when {{ day }} is null or {{ day }} <= run.as_at then {{ value }} end
{%- endmacro %}

{#- The last day that a table speaks of; null where nothing of it is held. One row. (A fact of the journey: int_control__known_to.) -#}
{% macro known_to(source_name, table_name) -%}
    select max(covered_to) as known_to
    from {{ ref('int_control__coverage') }}
    where source = '{{ source_name }}' and table_name = '{{ table_name }}'
{%- endmacro %}
