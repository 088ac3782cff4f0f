{#-
    Date arithmetic that means the same on every engine. Models call these and write no interval,
    date difference or formatting of their own.
-#}

{% macro add_days(day, number_of_days) -%}
    cast({{ dbt.dateadd('day', number_of_days, day) }} as date)
{%- endmacro %}

{#- A month that is too short gives its last day: 29 February less 12 months is 28 February. -#}
{% macro add_months(day, number_of_months) -%}
    cast({{ dbt.dateadd('month', number_of_months, day) }} as date)
{%- endmacro %}

{#- Calendar days from first to last; 0 when they are the same day. -#}
{% macro days_between(first_day, last_day) -%}
    cast({{ dbt.datediff(first_day, last_day, 'day') }} as integer)
{%- endmacro %}

{#- date_trunc returns a timestamp on some engines, hence the cast. -#}
{% macro month_start(day) -%}
    cast({{ dbt.date_trunc('month', day) }} as date)
{%- endmacro %}

{#-
    Completed years of age on a day; null when either is missing, negative before birth.
    Someone born on 29 February reaches an age on 1 March of a common year, because 28 February comes before the birthday.
-#}
{% macro age_in_years(date_of_birth, day) -%}
    cast(
        extract(year from {{ day }}) - extract(year from {{ date_of_birth }})
        - case
            when
                extract(month from {{ day }}) * 100 + extract(day from {{ day }})
                < extract(month from {{ date_of_birth }}) * 100 + extract(day from {{ date_of_birth }})
                then 1
            else 0
        end as integer
    )
{%- endmacro %}

{#- Calendar months from the month of one day to that of another; 0 within one month. -#}
{% macro months_between(first_day, last_day) -%}
    cast(
        (extract(year from {{ last_day }}) - extract(year from {{ first_day }})) * 12
        + extract(month from {{ last_day }}) - extract(month from {{ first_day }}) as integer
    )
{%- endmacro %}
