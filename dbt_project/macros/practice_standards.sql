{#-
    The standard in force on a day, and the day it makes something due. The register (reference.practice_standards) is data:
    without an edition in force nothing is due, and the columns are null.

    {{ standard_join('child_protection_visit', 'visits.visit_date', 'visit_standard') }}  joins at most one row.
    {{ due_after('visits.visit_date', 'visit_standard') }}  the last day in time: calendar days and months are counted from the
    day itself, working days by the index of dim_date (day 0 is the day itself; from a day off the count starts at the
    working day before). What falls on a day off after a last working day is still in time, since no working day has passed:
    {{ in_time_until('visits.visit_date', 'visit_standard') }} is the last such day; compare with it, show due_after. Both need
    the joins of `due_joins`, under the names <alias>_from and <alias>_due.
-#}
{% macro standard_join(standard, day, alias) -%}
left join {{ ref('int_control__practice_standards') }} as {{ alias }}
    on
        {{ alias }}.standard = '{{ standard }}'
        and {{ day }} between {{ alias }}.valid_from and {{ alias }}.valid_to
{%- endmacro %}

{% macro due_joins(day, alias) -%}
left join {{ ref('dim_date') }} as {{ alias }}_from on {{ day }} = {{ alias }}_from.date_day
left join {{ ref('dim_date') }} as {{ alias }}_due
    on
        {{ alias }}_due.is_working_day
        and {{ alias }}_due.working_day_index = {{ alias }}_from.working_day_index + {{ alias }}.timescale
{%- endmacro %}

{% macro due_after(day, alias) -%}
{{ standard_elapses(day, alias, alias ~ '_due.date_day') }}
{%- endmacro %}

{% macro in_time_until(day, alias) -%}
{{ standard_elapses(day, alias, alias ~ '_due.last_day_of_index') }}
{%- endmacro %}

{% macro standard_elapses(day, alias, last_working_day) -%}
case {{ alias }}.timescale_unit
        when 'working_days' then {{ last_working_day }}
        when 'calendar_days' then {{ add_days(day, alias ~ '.timescale') }}
        when 'months' then {{ add_months(day, alias ~ '.timescale') }}
    end
{%- endmacro %}

{#- A standard in hours or calendar days as whole days, for a date without a time: 72 hours end with the third day. -#}
{% macro standard_whole_days(alias) -%}
cast(ceil(case {{ alias }}.timescale_unit when 'hours' then {{ alias }}.timescale / 24.0 when 'calendar_days' then {{ alias }}.timescale end) as integer)
{%- endmacro %}
