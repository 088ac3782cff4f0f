{#- A table of the integers 0 to 9999 in the column `number`, made by joining digits: no engine's series function is needed. -#}
{% macro numbers() -%}
    {%- set digits -%}
        (
            select 0 as digit
            {%- for digit in range(1, 10) %}
            union all
            select {{ digit }} as digit
            {%- endfor %}
        )
    {%- endset -%}
    select ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit as number
    from {{ digits }} as ones
    cross join {{ digits }} as tens
    cross join {{ digits }} as hundreds
    cross join {{ digits }} as thousands
{%- endmacro %}
