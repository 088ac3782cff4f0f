{#-
    Audits come from the tracker or as answers of the form in the case system, in tables of the same columns; of an audit in
    both, the tracker counts. What the two routes share stands here: the columns of their staging, and their union.
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


{% macro audits_renamed() -%}
select
    -- ids
    source.audit_id,
    source.subject_id,
    source.child_id,
    -- dates
    source.allocated_date,
    source.due_date,
    source.completed_date,
    source.moderated_date,
    -- codes and names
    source.template,
    source.subject_type,
    source.service_code,
    source.team_code,
    source.status,
    source.lead_auditor,
    source.peer_auditor,
    source.lead_grade,
    source.peer_grade,
    source.graded_independently,
    source.moderator,
    source.moderated_grade,
    source.views_sought,
    source.views_obtained,
    source.views_not_sought_reason,
    source.worker_discussion,
    source.case_note_recorded,
    source.learning_shared,
    -- where the row comes from
    source.load_id,
    source.snapshot_date,
    source.row_number
from source
{%- endmacro %}


{% macro audit_actions_renamed() -%}
select
    -- ids
    source.action_id,
    source.audit_id,
    -- dates
    source.due_date,
    source.completed_date,
    source.review_date,
    -- codes and names
    source.theme,
    source.owner_role,
    source.status,
    source.review_status,
    source.footprint_recorded,
    -- where the row comes from
    source.load_id,
    source.snapshot_date,
    source.row_number
from source
{%- endmacro %}


{% macro theme_grades_renamed() -%}
select
    -- ids
    source.audit_id,
    source.theme,
    -- codes and names
    source.grade,
    -- where the row comes from
    source.load_id,
    source.snapshot_date,
    source.row_number
from source
{%- endmacro %}


{#- Whether what is recorded when an audit is over was recorded by the as-at date: after moderation, or completion without one. -#}
{% macro recorded_after_audit() -%}
    coalesce(audits.moderated_date, audits.completed_date) <= run.as_at
{%- endmacro %}
