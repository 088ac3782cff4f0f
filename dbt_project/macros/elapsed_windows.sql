{#-
    Whether something happened within so many months after a day: known once the window has elapsed in full, null before, so that
    cases with much of their window still to come do not thin the share. `event_day` is the first such event after the day;
    `known_to` the last day the data speak of.
-#}
{% macro happened_within(day, number_of_months, event_day, known_to) -%}
    case
        when {{ add_months(day, number_of_months) }} <= {{ known_to }}
            then coalesce({{ event_day }} <= {{ add_months(day, number_of_months) }}, false)
    end
{%- endmacro %}
