-- List 10: children with a decision that they should be placed for adoption, one row per child: the latest decision that stood on some
-- day of the 12 months. The family's number is left blank: together with list 11 it would tell into which family a child was adopted.
with

plans as (
    select
        days.period,
        days.reference_date,
        plans.child_key,
        plans.care_entry_date,
        plans.decision_date,
        {{ listed_by_then('plans.placement_order_date') }} as placement_order_date,
        {{ listed_by_then('plans.matched_date') }} as matched_date,
        {{ listed_by_then('plans.placed_date') }} as placed_date,
        {{ listed_by_then('plans.adoption_order_date') }} as adoption_order_date,
        {{ listed_by_then('plans.reversed_date') }} as reversed_date,
        plans.reversal_reason,
        {{ listed_by_then('plans.early_permanence_date') }} as early_permanence_date,
        row_number() over (
            partition by days.period, plans.child_key order by plans.decision_date desc, plans.adoption_plan_key asc
        ) as place
    from {{ ref('fct_adoption_plans') }} as plans
    inner join {{ ref('int_annex_a__days') }} as days
        on plans.decision_date <= days.reference_date and (plans.end_date is null or plans.end_date >= days.year_start)
),

listed as (
    select
        period,
        reference_date,
        child_key,
        care_entry_date,
        decision_date,
        placement_order_date,
        matched_date,
        placed_date,
        adoption_order_date,
        reversed_date,
        case when reversed_date is not null then reversal_reason end as reversal_reason,
        early_permanence_date
    from plans
    where place = 1
)

select
    listed.period,
    listed.child_key,
    children.child_id,
    cast(null as varchar) as family_id,
    {{ listed_person() }},
    children.disability,
    listed.care_entry_date,
    listed.decision_date as adoption_decision_date,
    listed.placement_order_date,
    listed.matched_date as matching_date,
    listed.placed_date,
    listed.adoption_order_date,
    listed.reversed_date as decision_reversed_date,
    listed.reversal_reason,
    listed.early_permanence_date as ffa_placement_date
from listed
inner join {{ ref('dim_child') }} as children on listed.child_key = children.child_key
