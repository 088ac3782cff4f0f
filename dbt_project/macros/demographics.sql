{#- Parts of int_children__demographics: a list that says who the child is, and a source that only names the child. -#}

{% macro demographics(model, list_number, has_disability) -%}
    select
        child_id,
        date_of_birth,
        gender,
        ethnicity,
        {% if has_disability %}disability{% else %}cast(null as varchar){% endif %} as disability,
        snapshot_date,
        {{ list_number }} as list_number,
        row_number
    from {{ ref(model) }}
{%- endmacro %}

{% macro only_child_id(model) -%}
    select
        child_id,
        cast(null as date) as date_of_birth,
        cast(null as varchar) as gender,
        cast(null as varchar) as ethnicity,
        cast(null as varchar) as disability,
        snapshot_date,
        99 as list_number,
        row_number
    from {{ ref(model) }}
    where child_id is not null and child_id <> ''
{%- endmacro %}
