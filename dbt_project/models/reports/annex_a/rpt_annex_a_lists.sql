{%- set facts = [
    'contacts', 'early_help_assessments', 'referrals', 'assessments', 's47_enquiries', 'cin_episodes', 'cp_plans', 'cla_periods',
    'care_leavers', 'adoption_plans',
] -%}
-- Of each list the route its fact takes, and the last day to which the records of that route reach; publishing asks here whether a
-- list can be made. A fact without any load has no route, and its list is empty.
with

lists as (
    {%- for fact in facts %}
    select
        'list_{{ loop.index }}' as list_name,
        '{{ fact }}' as fact
    union all
    {%- endfor %}
    select
        'list_11' as list_name,
        'adopter_families' as fact
),

-- adopters come from one extract, so that they need no choice of route
routes as (
    select
        fact,
        source_route,
        source,
        table_name
    from {{ ref('int_control__routes') }}
    union all
    select distinct
        'adopter_families' as fact,
        source as source_route,
        source,
        table_name
    from {{ ref('stg_control__loads') }}
    where source = 'adoption' and table_name = 'adopter_families'
),

reach as (
    select
        source,
        table_name,
        max(covered_to) as covered_to
    from {{ ref('stg_control__availability') }}
    group by source, table_name
)

select
    days.period,
    lists.list_name,
    days.reference_date,
    max(routes.source_route) as source_route,
    case when count(*) = count(reach.covered_to) then min(reach.covered_to) end as covered_to
from lists
cross join {{ ref('int_annex_a__days') }} as days
left join routes on lists.fact = routes.fact
left join reach on routes.source = reach.source and routes.table_name = reach.table_name
group by days.period, lists.list_name, days.reference_date
