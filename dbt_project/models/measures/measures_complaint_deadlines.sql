-- One row per stage of a complaint and day by which something of it was due: the answer by the first limit, by the day granted and by
-- the extended limit (three days, hence three rows), the panel's report, and the authority's answer to it. What was done without
-- its day being recorded is due all the same, and told apart by is_not_recorded.
with

deadlines as (
    {% set kinds = [
        ('first_limit', 'due_date', 'is_in_time', 'is_answer_not_recorded'),
        ('granted', 'granted_due_date', 'is_in_granted_time', 'is_answer_not_recorded'),
        ('extended_limit', 'last_due_date', 'is_in_extended_time', 'is_answer_not_recorded'),
        ('panel_report', 'panel_report_due_date', 'is_panel_report_in_time', 'is_panel_report_not_recorded'),
        ('authority_response', 'authority_response_due_date', 'is_authority_response_in_time', 'is_authority_response_not_recorded'),
    ] -%}
    {%- for deadline, due_date, in_time, not_recorded in kinds %}
    select
        {{ row_key(['complaint_stage_key', "'" ~ deadline ~ "'"]) }} as deadline_key,
        '{{ deadline }}' as deadline,
        child_key,
        service_code,
        team_code,
        procedure,
        stage,
        {{ due_date }} as due_date,
        {{ in_time }} as is_in_time,
        {{ not_recorded }} as is_not_recorded
    from {{ ref('fct_complaint_stages') }}
    where {{ due_date }} is not null and ({{ in_time }} is not null or {{ not_recorded }})
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

sorted as (
    select
        deadline_key,
        child_key,
        service_code,
        team_code,
        procedure,
        due_date,
        case
            when procedure = 'statutory_children' and deadline in ('panel_report', 'authority_response') then deadline
            when procedure = 'statutory_children' and stage = 3 and deadline = 'first_limit' then 'panel'
            when procedure = 'statutory_children' and stage < 3 and deadline = 'first_limit' then 'stage_' || cast(stage as varchar)
            when procedure = 'statutory_children' and stage < 3 and deadline = 'extended_limit'
                then 'stage_' || cast(stage as varchar) || '_extended'
            when procedure = 'corporate' and deadline = 'granted' then 'corporate'
        end as deadline,
        is_in_time,
        is_not_recorded
    from deadlines
)

select
    {{ kpi_plain_item_columns('sorted', 'deadline_key', 'due_date') }}
    {%- for deadline in [
        'stage_1', 'stage_1_extended', 'stage_2', 'stage_2_extended', 'panel', 'corporate', 'panel_report', 'authority_response'
    ] %}
    {%- set is_it = "sorted.deadline = '" ~ deadline ~ "'" %}
    {{ kpi_flag(is_it) }} as is_{{ deadline }}_due,
    {{ kpi_flag(is_it ~ ' and sorted.is_in_time and not sorted.is_not_recorded') }} as is_{{ deadline }}_in_time,
    {{ kpi_flag(is_it ~ ' and sorted.is_not_recorded') }} as is_{{ deadline }}_not_recorded,
    {%- endfor %}
    sorted.procedure
from sorted
{{ kpi_plain_item_joins('sorted', 'due_date') }}
where sorted.deadline is not null
