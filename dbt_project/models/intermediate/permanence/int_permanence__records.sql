-- The case system's records of permanence, adoption and other orders alike, with the day the child came into care: of the period
-- of care they name, else of the latest one begun by the decision or order. What lies after the as-at date has not happened.
with

entries as (
    select
        episodes.cla_id,
        min(coalesce(episodes.care_entry_date, episodes.cla_episode_start_date)) as care_entry_date
    from {{ ref('stg_ssd__cla_episodes') }} as episodes
    where episodes.cla_id is not null
    group by episodes.cla_id
),

records as (
    select
        children.child_key,
        children.date_of_birth,
        records.permanence_id,
        records.cla_id,
        {{ by_as_at('records.adoption_decision_date') }} as adoption_decision_date,
        {{ by_as_at('records.placement_order_date') }} as placement_order_date,
        {{ by_as_at('records.ffa_placement_date') }} as ffa_placement_date,
        {{ by_as_at('records.matching_date') }} as matching_date,
        {{ by_as_at('records.placed_for_adoption_date') }} as placed_for_adoption_date,
        {{ by_as_at('records.decision_reversed_date') }} as decision_reversed_date,
        {{ by_as_at('records.decision_reversed_date', 'records.reversal_reason') }} as reversal_reason,
        {{ by_as_at('records.permanence_order_date') }} as permanence_order_date,
        {{ by_as_at('records.permanence_order_date', 'records.permanence_order_type') }} as permanence_order_type,
        records.adopted_by_carer,
        records.sibling_group,
        records.siblings_placed_together,
        records.siblings_placed_apart,
        records.worker_id,
        records.snapshot_date,
        records.load_id,
        records.row_number
    from {{ ref('stg_ssd__permanence') }} as records
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on records.child_id = children.child_id
)

select
    records.child_key,
    records.date_of_birth,
    records.permanence_id,
    coalesce(entries.care_entry_date, periods.start_date) as care_entry_date,
    records.adoption_decision_date,
    records.placement_order_date,
    records.ffa_placement_date,
    records.matching_date,
    records.placed_for_adoption_date,
    records.decision_reversed_date,
    records.reversal_reason,
    records.permanence_order_date,
    records.permanence_order_type,
    records.adopted_by_carer,
    records.sibling_group,
    records.siblings_placed_together,
    records.siblings_placed_apart,
    records.worker_id,
    records.snapshot_date,
    records.load_id,
    records.row_number
from records
left join entries on records.cla_id = entries.cla_id
left join {{ ref('int_health__care_periods') }} as periods
    on
        records.child_key = periods.child_key
        and coalesce(records.adoption_decision_date, records.permanence_order_date) >= periods.start_date
        and (
            periods.next_start_date is null
            or coalesce(records.adoption_decision_date, records.permanence_order_date) < periods.next_start_date
        )
