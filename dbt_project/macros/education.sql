{#- Whether a day falls between 1 August and 30 September, when changing school is no move in mid-year. -#}
{% macro is_between_school_years(day) -%}
    extract(month from {{ day }}) in (8, 9)
{%- endmacro %}

{#-
    The last day of the academic year in which a child becomes 16: nothing holds a child to school after it. (Compulsory school
    age ends some weeks before, on the last Friday in June.)
-#}
{% macro end_of_compulsory_school_year(date_of_birth) -%}
    cast(cast(extract(year from {{ add_months(date_of_birth, 4) }}) + 16 as varchar) || '-08-31' as date)
{%- endmacro %}

{#- The prescribed day (31 August, 31 December or 31 March) on or next after the 5th birthday: from it on a child must go to school. -#}
{% macro compulsory_school_age_from(date_of_birth) -%}
    cast(
        cast(
            extract(year from {{ date_of_birth }}) + 5
            as varchar
        )
        || case
            when extract(month from {{ date_of_birth }}) <= 3 then '-03-31'
            when extract(month from {{ date_of_birth }}) <= 8 then '-08-31'
            else '-12-31'
        end as date
    )
{%- endmacro %}

{#- School age on a day, to the end of the school year of the 16th birthday: plans for education are made until then. -#}
{% macro is_of_school_age(date_of_birth, day) -%}
    {{ day }} > {{ compulsory_school_age_from(date_of_birth) }}
        and {{ day }} <= {{ end_of_compulsory_school_year(date_of_birth) }}
{%- endmacro %}

{#-
    Compulsory school age (Education Act 1996, section 8): from the first of 31 March, 31 August and 31 December on or after the
    fifth birthday to the last Friday in June of the school year in which the child becomes 16. 30 June 2000 was a Friday.
-#}
{% macro is_compulsory_school_age(date_of_birth, day) -%}
    {%- set last_june = 'cast(cast(extract(year from ' ~ add_months(date_of_birth, 4) ~ ") + 16 as varchar) || '-06-30' as date)" -%}
    {{ day }} between {{ compulsory_school_age_from(date_of_birth) }}
        and {{ add_days(last_june, '-mod(' ~ days_between("cast('2000-06-30' as date)", last_june) ~ ', 7)') }}
{%- endmacro %}

{#- Full-time education is 25 hours a week or more: a measure of the provision and no timescale, so that no practice standard says it. -#}
{% macro is_full_time_education(hours_per_week) -%}
    {{ hours_per_week }} >= 25
{%- endmacro %}

{#- Persistent absence as DfE counts it: a tenth or more of the sessions possible were missed. -#}
{% macro is_persistent_absence(sessions_missed, sessions_possible) -%}
    10 * {{ sessions_missed }} >= {{ sessions_possible }}
{%- endmacro %}
