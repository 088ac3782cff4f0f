{#-
    Audits come from the tracker or as answers of the form in the case system, in tables of the same columns; of an audit in
    both, the tracker counts. Here is their union, and what follows from it.
-#}
{% macro tracker_or_form(columns, tracker, form) -%}
select
    {{ columns | join(',\n    ') }}
from {{ tracker }}

union all

select
    {{ columns | join(',\n    ') }}
from {{ form }}
where audit_id not in (select tracker.audit_id from {{ tracker }} as tracker)
{%- endmacro %}

{#- Whether what is recorded when an audit is over was recorded by the as-at date: after moderation, or completion without one. -#}
{% macro recorded_after_audit() -%}
    coalesce(audits.moderated_date, audits.completed_date) <= run.as_at
{%- endmacro %}
