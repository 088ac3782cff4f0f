{#- Tests of more than one column; each returns the rows that break the rule, by key, never by a child's details. -#}

{% test unique_together(model, columns) %}
select {{ columns | join(', ') }}
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}

{#- True or unknown for every row. -#}
{% test holds(model, condition) %}
select 1 as broken
from {{ model }}
where not ({{ condition }})
{% endtest %}

{#-
    The keys of a fact in one test, because a test costs more to start than to run: its own key is unique, and each key in
    `refers_to` ({column: "model.column"}) is found there where it is not null. Returns what broke and how often.
-#}
{% test star_keys(model, key, refers_to={}) %}
select
    '{{ key }} is not unique' as broken,
    count(*) as keys
from (
    select {{ key }}
    from {{ model }}
    group by {{ key }}
    having count(*) > 1 or {{ key }} is null
) as repeated
having count(*) > 0
{%- for column, target in refers_to.items() %}
{%- set target_model, target_column = target.split('.') %}
union all
select
    '{{ column }} is not in {{ target }}' as broken,
    count(*) as keys
from {{ model }} as facts
left join {{ ref(target_model) }} as target on facts.{{ column }} = target.{{ target_column }}
where facts.{{ column }} is not null and target.{{ target_column }} is null
having count(*) > 0
{%- endfor %}
{% endtest %}
