{%- set dimensions = ['team_code', 'case_status', 'age_band', 'sex', 'ethnicity_group'] -%}
-- How far the children audited differ from the open cases they are drawn from: the largest absolute difference, in percentage points,
-- between a group's part of the children audited in 12 months and its part of the open cases over the month ends of the same 12
-- months. A child audited counts once, as the last audit's list found the child. An open case counts at each month end, because an
-- audit could have been drawn from it each time. n is the number of children audited.
with

periods as (
    select
        period,
        period_start,
        period_end
    from {{ ref('dim_period') }}
    where basis = 'R12'
),

audits as (
    select
        periods.period,
        audits.child_key,
        audits.frame_date,
        row_number() over (
            partition by periods.period, audits.child_key order by audits.event_date desc, audits.item_key asc
        ) as recency
    from {{ ref('measures_audits_completed') }} as audits
    inner join periods on audits.event_date between periods.period_start and periods.period_end
    where audits.is_child_in_frame = 1
),

-- as the frame had the child when the list was drawn: an audit of a children's home stands with the home's team, its child does not
audited_children as (
    select
        audits.period,
        {%- for dimension in dimensions %}
        frame.{{ dimension }},
        {%- endfor %}
        audits.child_key
    from audits
    inner join {{ ref('measures_audit_frame') }} as frame
        on audits.child_key = frame.child_key and audits.frame_date = frame.event_date
    where audits.recency = 1
),

open_cases as (
    select
        periods.period,
        {%- for dimension in dimensions %}
        frame.{{ dimension }},
        {%- endfor %}
        frame.item_key
    from {{ ref('measures_audit_frame') }} as frame
    inner join periods on frame.event_date between periods.period_start and periods.period_end
    where frame.is_open_child = 1
),

counted as (
    {%- for dimension in dimensions %}
    select
        period,
        '{{ dimension }}' as dimension,
        {{ dimension }} as group_value,
        1 as audited,
        0 as open_cases
    from audited_children
    union all
    select
        period,
        '{{ dimension }}' as dimension,
        {{ dimension }} as group_value,
        0 as audited,
        1 as open_cases
    from open_cases
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- every group of the sample or of the frame: one that misses in either has no part of it
by_group as (
    select
        period,
        dimension,
        group_value,
        cast(sum(audited) as bigint) as audited,
        cast(sum(open_cases) as bigint) as open_cases
    from counted
    group by period, dimension, group_value
),

with_totals as (
    select
        period,
        audited,
        open_cases,
        cast(sum(audited) over (partition by period, dimension) as bigint) as all_audited,
        cast(sum(open_cases) over (partition by period, dimension) as bigint) as all_open_cases
    from by_group
),

-- audited / all audited less open / all open, as one division of whole numbers
differences as (
    select
        period,
        all_audited,
        {{ round_half_up(
            'abs(audited * all_open_cases - open_cases * all_audited)',
            '(all_audited * all_open_cases)',
            100,
            4,
        ) }} as difference
    from with_totals
    where all_audited > 0 and all_open_cases > 0
)

select
    'AU-20' as kpi,
    'R12' as basis,
    differences.period,
    'authority' as org_level,
    run.authority_code as org,
    max(differences.all_audited) as n,
    max(differences.difference) as value
from differences
cross join {{ ref('stg_control__run') }} as run
group by differences.period, run.authority_code
