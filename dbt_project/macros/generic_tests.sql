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
