-- Child protection plans of the case system that run beside another plan of the same child (a plan recorded under both ids of
-- a child, an end that was never recorded): a child is on one plan at a time. The plan that began first is kept, of the same
-- day the one with the lower number; one that begins before the kept plan's last day is left out of every fact and listed here.
-- A plan that begins on the day another ends follows it. Temporary plans of another authority run beside those of one's own
-- by their nature: they are compared with each other only.
--
-- Two rounds, because a plan that overlaps nothing but one left out must stay: first what overlaps the beginning of a stretch
-- goes, then what still overlaps among the rest. (A fifth plan of one stretch may be left out for a fourth that is: none that
-- is kept ever overlaps another.)
with

recorded as (
    select
        children.child_key,
        plans.cp_plan_id,
        plans.cp_plan_start_date as start_date,
        coalesce(
            {{ by_as_at('plans.cp_plan_end_date') }}, cast('9999-12-31' as date)
        ) as closed_date,
        coalesce(plans.other_authority_plan, 'no') as other_authority_plan,
        plans.load_id,
        plans.row_number,
        row_number() over (
            partition by children.child_key, coalesce(plans.other_authority_plan, 'no')
            order by plans.cp_plan_start_date, {{ in_number_order('plans.cp_plan_id') }}
        ) as place
    from {{ ref('stg_ssd__cp_plans') }} as plans
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on plans.child_id = children.child_id
    where plans.cp_plan_start_date <= run.as_at and {{ on_route('cp_plans', 'ssd') }}
),

compared as (
    select
        child_key,
        other_authority_plan,
        start_date,
        closed_date,
        load_id,
        row_number,
        place,
        max(closed_date) over (
            partition by child_key, other_authority_plan order by place rows between unbounded preceding and 1 preceding
        ) as closed_before
    from recorded
),

stretched as (
    select
        child_key,
        other_authority_plan,
        start_date,
        closed_date,
        load_id,
        row_number,
        place,
        sum(case when start_date < closed_before then 0 else 1 end) over (
            partition by child_key, other_authority_plan order by place rows between unbounded preceding and current row
        ) as stretch
    from compared
),

begun as (
    select
        child_key,
        other_authority_plan,
        start_date,
        closed_date,
        load_id,
        row_number,
        place,
        first_value(place) over (partition by child_key, other_authority_plan, stretch order by place) as first_place,
        first_value(closed_date) over (partition by child_key, other_authority_plan, stretch order by place) as first_closed_date
    from stretched
),

rest as (
    select
        child_key,
        other_authority_plan,
        start_date,
        closed_date,
        row_number,
        place,
        max(closed_date) over (
            partition by child_key, other_authority_plan order by place rows between unbounded preceding and 1 preceding
        ) as closed_before
    from begun
    where place = first_place or start_date >= first_closed_date
),

kept as (
    select
        child_key,
        other_authority_plan,
        start_date,
        closed_date,
        row_number,
        place
    from rest
    where closed_before is null or start_date >= closed_before
)

select
    'ssd' as source,
    'cp_plans' as table_name,
    'cp_plan_start_date' as column_name,
    'OVERLAPPING_PLANS' as rule,
    1 as rows_affected,
    begun.child_key,
    beside.row_number as kept_row_number,
    begun.row_number,
    begun.load_id
from begun
left join kept
    on
        begun.child_key = kept.child_key
        and begun.other_authority_plan = kept.other_authority_plan
        and begun.place = kept.place
left join kept as beside
    on
        begun.child_key = beside.child_key
        and begun.other_authority_plan = beside.other_authority_plan
        and begun.place > beside.place
        and begun.start_date < beside.closed_date
where kept.place is null
