-- Child protection plans that have begun, by the route the fact takes: those of the case system without the overlapping ones,
-- or the spells of successive Annex A lists. Earlier plans are counted over all ids of a child, however long ago, among the
-- authority's own plans: a temporary plan of another authority is no earlier plan of this one, and has no count itself.
-- An earlier plan that is held is proof. The case system tells a stretch of years only, so that none held proves nothing unless
-- the child was born in them: then the number that an inspection list (Annex A list 7) gives for the same plan speaks, where
-- one is held, and otherwise the number is not known.
-- The last day is that of the plan, or the as-at date while it is open.
-- Reviews are counted from the initial conference, or from the plan's first day where none is known.
{{ config(materialized='table') }}
with

recorded as (
    select
        children.child_key,
        children.date_of_birth,
        plans.cp_plan_id,
        plans.icpc_id,
        plans.cp_plan_start_date as start_date,
        {{ by_as_at('plans.cp_plan_end_date') }} as end_date,
        coalesce(least(plans.cp_plan_end_date, run.as_at), run.as_at) as last_day,
        plans.initial_category,
        plans.latest_category,
        {{ answered_yes('plans.other_authority_plan') }} as is_other_authority_plan,
        plans.snapshot_date,
        plans.load_id,
        plans.row_number
    from {{ ref('stg_ssd__cp_plans') }} as plans
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on plans.child_id = children.child_id
    left join {{ ref('int_child_protection__overlapping_plans') }} as overlapping
        on plans.load_id = overlapping.load_id and plans.row_number = overlapping.row_number
    where
        plans.cp_plan_start_date <= run.as_at
        and overlapping.row_number is null
        and {{ on_route('cp_plans', 'ssd') }}
),

counted as (
    select
        child_key,
        date_of_birth,
        cp_plan_id,
        icpc_id,
        start_date,
        end_date,
        last_day,
        initial_category,
        latest_category,
        is_other_authority_plan,
        row_number() over (
            partition by child_key, coalesce(is_other_authority_plan, false)
            order by start_date, {{ in_number_order('cp_plan_id') }}
        ) - 1 as earlier_plans,
        lag(end_date) over (
            partition by child_key, coalesce(is_other_authority_plan, false)
            order by start_date, {{ in_number_order('cp_plan_id') }}
        ) as earlier_end_date,
        snapshot_date,
        load_id,
        row_number
    from recorded
),

listed as (
    select
        children.child_key,
        plans.cp_plan_start_date as start_date,
        max(plans.previous_cp_plans) as previous_cp_plans
    from {{ ref('stg_annex_a__child_protection_plans') }} as plans
    inner join {{ ref('int_children__identities') }} as children on plans.child_id = children.child_id
    group by children.child_key, plans.cp_plan_start_date
),

-- the plan names its conference, or the conference names its plan
conferences as (
    select
        recorded.cp_plan_id,
        conferences.icpc_key,
        conferences.icpc_date,
        row_number() over (
            partition by recorded.cp_plan_id
            order by
                case when recorded.icpc_id = conferences.icpc_id then 0 else 1 end,
                conferences.icpc_date,
                {{ in_number_order('conferences.icpc_id') }}
        ) as place
    from recorded
    inner join {{ ref('int_child_protection__conferences') }} as conferences
        on
            recorded.child_key = conferences.child_key
            and (recorded.icpc_id = conferences.icpc_id or recorded.cp_plan_id = conferences.cp_plan_id)
)

select
    {{ row_key(['counted.child_key', 'counted.cp_plan_id']) }} as cp_plan_key,
    counted.child_key,
    counted.date_of_birth,
    'ssd' as source_route,
    counted.cp_plan_id,
    counted.start_date,
    counted.end_date,
    counted.last_day,
    counted.initial_category,
    counted.latest_category,
    counted.is_other_authority_plan,
    case
        when coalesce(counted.is_other_authority_plan, false) then null
        when counted.earlier_plans > 0 then greatest(counted.earlier_plans, coalesce(listed.previous_cp_plans, 0))
        when listed.previous_cp_plans is not null then listed.previous_cp_plans
        when history.covered_from is not null then 0
    end as previous_cp_plans,
    case when not coalesce(counted.is_other_authority_plan, false) then counted.earlier_end_date end as previous_end_date,
    conferences.icpc_key,
    conferences.icpc_date,
    coalesce(conferences.icpc_date, counted.start_date) as review_clock_date,
    case when conferences.icpc_date is null then 'plan_start' else 'initial_conference' end as review_clock_basis,
    cast(null as varchar) as team_name,
    counted.snapshot_date,
    counted.load_id,
    counted.row_number
from counted
left join conferences
    on counted.cp_plan_id = conferences.cp_plan_id and conferences.place = 1
left join listed
    on counted.child_key = listed.child_key and counted.start_date = listed.start_date
left join {{ ref('int_control__coverage') }} as history
    on
        history.source = 'ssd'
        and history.table_name = 'cp_plans'
        and counted.date_of_birth >= history.covered_from
        and counted.start_date between history.covered_from and history.covered_to

union all

select
    {{ row_key(['spells.child_key', 'spells.start_date']) }} as cp_plan_key,
    spells.child_key,
    spells.date_of_birth,
    'annex_a' as source_route,
    cast(null as varchar) as cp_plan_id,
    spells.start_date,
    {{ by_as_at('spells.end_date') }} as end_date,
    coalesce(least(spells.end_date, run.as_at), run.as_at) as last_day,
    spells.initial_category,
    spells.latest_category,
    cast(null as boolean) as is_other_authority_plan,
    spells.previous_cp_plans,
    cast(null as date) as previous_end_date,
    cast(null as varchar) as icpc_key,
    cast(null as date) as icpc_date,
    spells.start_date as review_clock_date,
    'plan_start' as review_clock_basis,
    spells.team_name,
    spells.snapshot_date,
    spells.load_id,
    spells.row_number
from {{ ref('int_child_protection__plan_spells') }} as spells
cross join {{ ref('stg_control__run') }} as run
where spells.start_date <= run.as_at and {{ on_route('cp_plans', 'annex_a') }}
