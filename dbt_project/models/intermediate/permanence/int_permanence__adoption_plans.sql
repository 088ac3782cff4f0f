-- Children whom the authority decided to place for adoption, by the one route that tells of it; one row per child and decision,
-- of several the latest snapshot's, then the last row. A group of siblings stands here as a number of children, never as an id:
-- nothing that could join one child's record to another's goes further, and a child with a restricted record is not counted in the
-- others' group. A step after the as-at date has not happened.
with

sibling_groups as (
    select
        plans.sibling_group_id,
        count(distinct children.child_key) as group_children
    from {{ ref('stg_adoption__adoption_children') }} as plans
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on plans.child_id = children.child_id
    left join {{ ref('int_children__restrictions') }} as restrictions on children.child_key = restrictions.child_key
    where
        plans.sibling_group_id is not null
        and plans.best_interest_decision_date <= run.as_at
        and restrictions.child_key is null
    group by plans.sibling_group_id
),

plans as (
    select
        children.child_key,
        children.date_of_birth,
        {{ by_as_at('plans.care_entry_date') }} as care_entry_date,
        plans.best_interest_decision_date as decision_date,
        {{ by_as_at('plans.placement_order_date') }} as placement_order_date,
        {{ by_as_at('plans.early_permanence_date') }} as early_permanence_date,
        {{ by_as_at('plans.matched_date') }} as matched_date,
        {{ by_as_at('plans.placed_for_adoption_date') }} as placed_date,
        {{ by_as_at('plans.child_adoption_order_date') }} as adoption_order_date,
        {{ by_as_at('plans.disrupted_date') }} as disrupted_date,
        {{ by_as_at('plans.plan_ended_date') }} as reversed_date,
        {{ by_as_at('plans.plan_ended_date', 'plans.plan_ended_reason') }} as reversal_reason,
        {{ by_as_at('plans.celebration_date') }} as celebration_date,
        {{ by_as_at('plans.life_story_book_date') }} as life_story_book_date,
        {{ by_as_at('plans.later_life_letter_date') }} as later_life_letter_date,
        coalesce(sibling_groups.group_children > 1, false) as is_sibling_group,
        coalesce(sibling_groups.group_children, 1) as sibling_group_children,
        plans.team_code as team_name,
        plans.snapshot_date,
        plans.load_id,
        plans.row_number,
        'adoption' as source_route
    from {{ ref('stg_adoption__adoption_children') }} as plans
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on plans.child_id = children.child_id
    left join sibling_groups on plans.sibling_group_id = sibling_groups.sibling_group_id
    where plans.best_interest_decision_date <= run.as_at and {{ on_route('adoption_plans', 'adoption') }}

    union all

    select
        records.child_key,
        records.date_of_birth,
        records.care_entry_date,
        records.adoption_decision_date as decision_date,
        records.placement_order_date,
        records.ffa_placement_date as early_permanence_date,
        records.matching_date as matched_date,
        records.placed_for_adoption_date as placed_date,
        case when records.permanence_order_type = 'adoption' then records.permanence_order_date end as adoption_order_date,
        cast(null as date) as disrupted_date,
        records.decision_reversed_date as reversed_date,
        records.reversal_reason,
        cast(null as date) as celebration_date,
        cast(null as date) as life_story_book_date,
        cast(null as date) as later_life_letter_date,
        {{ answered_yes('records.sibling_group') }} as is_sibling_group,
        cast(null as bigint) as sibling_group_children,
        cast(null as varchar) as team_name,
        records.snapshot_date,
        records.load_id,
        records.row_number,
        'ssd' as source_route
    from {{ ref('int_permanence__records') }} as records
    where records.adoption_decision_date is not null and {{ on_route('adoption_plans', 'ssd') }}

    union all

    select
        children.child_key,
        children.date_of_birth,
        {{ by_as_at('plans.care_entry_date') }} as care_entry_date,
        plans.adoption_decision_date as decision_date,
        {{ by_as_at('plans.placement_order_date') }} as placement_order_date,
        {{ by_as_at('plans.ffa_placement_date') }} as early_permanence_date,
        {{ by_as_at('plans.matching_date') }} as matched_date,
        {{ by_as_at('plans.placed_date') }} as placed_date,
        {{ by_as_at('plans.adoption_order_date') }} as adoption_order_date,
        cast(null as date) as disrupted_date,
        {{ by_as_at('plans.decision_reversed_date') }} as reversed_date,
        {{ by_as_at('plans.decision_reversed_date', 'plans.reversal_reason') }} as reversal_reason,
        cast(null as date) as celebration_date,
        cast(null as date) as life_story_book_date,
        cast(null as date) as later_life_letter_date,
        cast(null as boolean) as is_sibling_group,
        cast(null as bigint) as sibling_group_children,
        cast(null as varchar) as team_name,
        plans.snapshot_date,
        plans.load_id,
        plans.row_number,
        'annex_a' as source_route
    from {{ ref('stg_annex_a__children_for_adoption') }} as plans
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on plans.child_id = children.child_id
    where
        plans.is_current
        and plans.adoption_decision_date <= run.as_at
        and {{ on_route('adoption_plans', 'annex_a') }}
),

ranked as (
    select
        child_key,
        date_of_birth,
        care_entry_date,
        decision_date,
        placement_order_date,
        early_permanence_date,
        matched_date,
        placed_date,
        adoption_order_date,
        disrupted_date,
        reversed_date,
        reversal_reason,
        celebration_date,
        life_story_book_date,
        later_life_letter_date,
        is_sibling_group,
        sibling_group_children,
        team_name,
        snapshot_date,
        load_id,
        row_number,
        source_route,
        row_number() over (
            partition by child_key, decision_date
            order by snapshot_date desc, load_id desc, row_number desc
        ) as place
    from plans
)

select
    child_key,
    date_of_birth,
    care_entry_date,
    decision_date,
    placement_order_date,
    early_permanence_date,
    matched_date,
    placed_date,
    adoption_order_date,
    disrupted_date,
    -- an order of the court is a fact: a reversal recorded beside it did not happen
    case when adoption_order_date is null then reversed_date end as reversed_date,
    case when adoption_order_date is null then reversal_reason end as reversal_reason,
    celebration_date,
    life_story_book_date,
    later_life_letter_date,
    is_sibling_group,
    sibling_group_children,
    team_name,
    snapshot_date,
    load_id,
    row_number,
    source_route
from ranked
where place = 1
