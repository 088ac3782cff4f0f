{#- The workforce: what a full-time worker's year and a return's day are. -#}

{#- Working days of a full-time worker's year in the absence rate of the national return (DfE, methodology of the statistics). -#}
{% macro working_days_of_a_year() -%}
253
{%- endmacro %}

{#- The last 30 September up to a day: the day a return or a list made later speaks of. -#}
{% macro census_day(day) -%}
    case
        when extract(month from {{ day }}) > 9 or (extract(month from {{ day }}) = 9 and extract(day from {{ day }}) = 30)
            then cast(cast(extract(year from {{ day }}) as integer) || '-09-30' as date)
        else cast(cast(extract(year from {{ day }}) - 1 as integer) || '-09-30' as date)
    end
{%- endmacro %}

{#- Full-time equivalents and days are decimals in the facts and whole hundredths in the measures, so that sums are exact. -#}
{% macro hundredths(amount) -%}
cast(round(100 * coalesce({{ amount }}, 0)) as integer)
{%- endmacro %}
