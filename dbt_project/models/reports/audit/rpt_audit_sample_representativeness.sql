{%- set dimensions = ['team_code', 'service_code', 'case_status', 'age_band', 'sex', 'ethnicity_group'] -%}
-- Of every frozen list of audits, how the children on it stand beside the frame it was drawn from: each group's part of both and the
-- difference in percentage points. Children as the frame had them on the day the sample is of, team included; what was replaced does
-- not count, what took its place does. Restricted records count in the frame.
with

sampled as (
    select distinct
        samples.month,
        identities.child_key,
        {{ month_key('samples.sample_date') }} as frame_month
    from {{ ref('stg_control__audit_samples') }} as samples
    inner join {{ ref('int_children__identities') }} as identities on samples.subject_id = identities.child_id
    where samples.subject_type = 'child' and samples.replaced_by is null
),

months as (
    select distinct
        month,
        frame_month
    from sampled
),

frame as (
    select
        months.month,
        {%- for dimension in dimensions %}
        frame.{{ dimension }},
        {%- endfor %}
        case when sampled.child_key is not null then 1 else 0 end as is_sampled
    from {{ ref('measures_audit_frame') }} as frame
    inner join months on {{ month_key('frame.event_date') }} = months.frame_month
    left join sampled on months.month = sampled.month and frame.child_key = sampled.child_key
),

counted as (
    {%- for dimension in dimensions %}
    select
        month,
        '{{ dimension }}' as dimension,
        {{ dimension }} as group_value,
        is_sampled
    from frame
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

by_group as (
    select
        month,
        dimension,
        group_value,
        cast(sum(is_sampled) as bigint) as sampled_children,
        count(*) as open_cases
    from counted
    group by month, dimension, group_value
),

with_totals as (
    select
        month,
        dimension,
        group_value,
        sampled_children,
        open_cases,
        cast(sum(sampled_children) over (partition by month, dimension) as bigint) as all_sampled,
        cast(sum(open_cases) over (partition by month, dimension) as bigint) as all_open
    from by_group
)

select
    month as period,
    dimension,
    group_value,
    sampled_children,
    open_cases,
    {{ round_half_up('sampled_children', 'all_sampled', 100, 1) }} as sample_share,
    {{ round_half_up('open_cases', 'all_open', 100, 1) }} as frame_share,
    {{ round_half_up('sampled_children * all_open - open_cases * all_sampled', 'all_sampled * all_open', 100, 1) }} as difference
from with_totals
where all_sampled > 0
