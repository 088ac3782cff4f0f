{#- The clocks of triage: hours that count under a risk rating. -#}

{#-
    Hours run on working days only: a clock that stands still on days off and counts 24 hours for each working day. `day` and
    `at` are the day and the moment, `day_row` the alias of that day in dim_date. The difference of two positions is the time
    elapsed; what comes in on a day off starts at midnight before the next working day.
-#}
{% macro working_clock(day, at, day_row) -%}
(
        24 * {{ day_row }}.working_day_index
        - case when {{ day_row }}.is_working_day then 24 - {{ hours_between('cast(' ~ day ~ ' as timestamp)', at) }} else 0 end
    )
{%- endmacro %}

{#-
    The time that a risk rating of triage allows, from receipt to decision. `row` has risk_rating, received_date, received_at,
    decided_date, decided_at and last_day_known. Joins `rating`, and `received_day`, `decided_day` (or the last day known) of dim_date.
    `rated_hours` are the hours that count under the rating; of what is undecided those to the end of the last day known. Null
    without a rating or without the times.
-#}
{% macro rating_joins(row) -%}
left join {{ ref('int_front_door__triage_ratings') }} as rating
        on
            {{ row }}.risk_rating = rating.risk_rating
            and {{ row }}.received_date between rating.valid_from and rating.valid_to
    left join {{ ref('dim_date') }} as received_day on {{ row }}.received_date = received_day.date_day
    left join {{ ref('dim_date') }} as decided_day on coalesce({{ row }}.decided_date, {{ row }}.last_day_known) = decided_day.date_day
{%- endmacro %}

{% macro rated_hours(row) -%}
    {%- set received = working_clock(row ~ '.received_date', row ~ '.received_at', 'received_day') -%}
    {%- set decided = working_clock(row ~ '.decided_date', row ~ '.decided_at', 'decided_day') -%}
    {%- set end_of_last_day = 'cast(' ~ add_days(row ~ '.last_day_known', 1) ~ ' as timestamp)' -%}
cast(
            case
                when rating.decision_hours is null or ({{ row }}.decided_date is not null and {{ row }}.decided_at is null) then null
                when rating.is_working_days_only and {{ row }}.decided_date is null
                    then 24 * decided_day.working_day_index - {{ received }}
                when rating.is_working_days_only then {{ decided }} - {{ received }}
                else {{ hours_between(row ~ '.received_at', 'coalesce(' ~ row ~ '.decided_at, ' ~ end_of_last_day ~ ')') }}
            end as decimal(18, 4)
        )
{%- endmacro %}
