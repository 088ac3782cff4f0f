{#- A part of int_children__demographics: a list that says who the child is. -#}

{% macro demographics(model, list_number, has_disability, has_uasc=false) -%}
    select
        child_id,
        date_of_birth,
        gender,
        ethnicity,
        {% if has_disability %}disability{% else %}cast(null as varchar){% endif %} as disability,
        cast(null as date) as death_date,
        cast(null as varchar) as has_ehcp,
        {% if has_uasc %}uasc{% else %}cast(null as varchar){% endif %} as uasc,
        snapshot_date,
        {{ list_number }} as list_number,
        row_number
    from {{ ref(model) }}
{%- endmacro %}

{#- For every attribute its value and the rank of the row by what is believed first; then the value of rank 1. -#}
{% macro ranks_of_attributes(attributes) -%}
    {%- for attribute in attributes %}
        {{ attribute }},
        row_number() over (
            partition by child_key
            order by
                case when {{ attribute }} is null then 1 else 0 end asc,
                snapshot_date desc, list_number asc, row_number desc
        ) as {{ attribute }}_rank{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{% macro best_of_attributes(attributes) -%}
    {%- for attribute in attributes %}
    max(case when {{ attribute }}_rank = 1 then {{ attribute }} end) as {{ attribute }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
