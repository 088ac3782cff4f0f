{#-
    Whether something was done by the day it was due: true or false once it is done or the day has passed, null before and where
    nothing is due. `known_to` is the last day the data speak of: after it nobody can tell that it was not done.
-#}
{% macro done_in_time(done_date, due_date, known_to) -%}
    case
        when {{ due_date }} is null then null
        when {{ done_date }} <= {{ due_date }} then true
        when {{ done_date }} > {{ due_date }} or {{ due_date }} <= {{ known_to }} then false
    end
{%- endmacro %}

{#- What is dated after the as-at date has not happened: the date, or what hangs on it, is null. `run` must be joined. -#}
{% macro by_as_at(day, value=none) -%}
    case when {{ day }} <= run.as_at then {{ value or day }} end
{%- endmacro %}

{#- The same for what is told without its date: it counts as told. -#}
{% macro unless_after_as_at(day, value) -%}
    case when {{ day }} is null or {{ day }} <= run.as_at then {{ value }} end
{%- endmacro %}
