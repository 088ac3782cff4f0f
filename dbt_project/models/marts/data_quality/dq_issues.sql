-- What is wrong in the extracts that count, rule by rule: how much, since when, whose, and what to do about it. Most is found
-- when a file is taken in; what only shows when rows are read together is found here.
{%- set plans_owner = table_contract('ssd', 'cp_plans').owner if execute else '' %}
{%- set stars_owner = table_contract('voice', 'webstar').owner if execute else '' %}
with

issues as (
    select
        source,
        table_name,
        coalesce(column_name, '') as column_name,
        rule,
        action,
        rows_affected,
        load_id,
        period,
        first_seen_date,
        owner,
        what_to_do
    from {{ ref('stg_control__issues') }}
    union all
    select
        overlapping.source,
        overlapping.table_name,
        overlapping.column_name,
        overlapping.rule,
        'left_out' as action,
        overlapping.rows_affected,
        overlapping.load_id,
        loads.period,
        loads.snapshot_date as first_seen_date,
        '{{ plans_owner | replace("'", "''") }}' as owner,
        'A child has two protection plans at one time: the one that began first counts. End or remove the other in the case system'
            as what_to_do
    from {{ ref('int_child_protection__overlapping_plans') }} as overlapping
    inner join {{ ref('stg_control__loads') }} as loads
        on
            overlapping.load_id = loads.load_id
            and overlapping.source = loads.source
            and overlapping.table_name = loads.table_name
    union all
    select
        'voice' as source,
        'webstar' as table_name,
        case stars.left_out_reason
            when 'area_not_in_version' then 'area'
            when 'score_outside_scale' then 'score'
            else 'star_date'
        end as column_name,
        case stars.left_out_reason
            when 'area_not_in_version' then 'AREA_NOT_IN_VERSION'
            when 'score_outside_scale' then 'SCORE_OUTSIDE_SCALE'
            else 'STAR_BEFORE_START'
        end as rule,
        'left_out' as action,
        1 as rows_affected,
        stars.load_id,
        loads.period,
        loads.snapshot_date as first_seen_date,
        '{{ stars_owner | replace("'", "''") }}' as owner,
        case stars.left_out_reason
            when 'area_not_in_version'
                then 'The form of that version does not have this area: correct the star, or add the area to the register'
            when 'score_outside_scale' then 'The score is outside the scale of the form: correct it, or the scale in the register'
            else 'The star is dated before the first one of the same respondent: correct the day or the stage'
        end as what_to_do
    from {{ ref('fct_webstar_left_out') }} as stars
    inner join {{ ref('stg_control__loads') }} as loads
        on stars.load_id = loads.load_id and loads.source = 'voice' and loads.table_name = 'webstar'
)

select
    source,
    table_name,
    column_name,
    rule,
    action,
    cast(sum(rows_affected) as bigint) as rows_affected,
    cast(count(distinct load_id) as integer) as loads,
    min(first_seen_date) as first_seen_date,
    max(period) as latest_period,
    max(owner) as owner,
    max(what_to_do) as what_to_do
from issues
group by source, table_name, column_name, rule, action
