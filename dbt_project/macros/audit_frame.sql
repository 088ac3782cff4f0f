{#-
    The child an audit is about as the list it stands on was drawn: from the cases open at the month end before it was circulated.
    `{{ audit_frame_join() }}` joins fct_audit_frame_month_end as `frame` to the audits of fct_audits as `audits`.
-#}
{% macro audit_frame_join(kind='left') -%}
{{ kind }} join {{ ref('fct_audit_frame_month_end') }} as frame
    on
        audits.child_key = frame.child_key
        and {{ month_key(add_days(month_start('audits.allocated_date'), -1)) }} = frame.month
{%- endmacro %}
