{#-
    The position a monthly snapshot shows: as at its own last day, or the as-at day of a month that is not over.
    `run` must be joined. Open = begun by then (or no start is known) and no end by then: what ends on the day is closed.
-#}
{% macro reference_day(row) -%}
    least({{ row }}.snapshot_date, run.as_at)
{%- endmacro %}

{% macro is_open_on_reference_day(row, start_date, end_date) -%}
    ({{ row }}.{{ end_date }} is null or {{ row }}.{{ end_date }} > {{ reference_day(row) }})
        and ({{ row }}.{{ start_date }} is null or {{ row }}.{{ start_date }} <= {{ reference_day(row) }})
{%- endmacro %}

{#-
    The end of a spell for comparing with a day; an open one never ends. As an `or` in an outer join the same condition would
    keep the engine from joining by key.
-#}
{% macro end_or_never(end_date) -%}
    coalesce({{ end_date }}, cast('9999-12-31' as date))
{%- endmacro %}
