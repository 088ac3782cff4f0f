-- One row per involvement of a worker with a child. The end date is the last day of the involvement (so the contract), hence
-- both ends are counted; one set ahead of the as-at date has not come.
-- Case holders (role CW): the days the child had none before, counted from the day after the last day of any case holder of the
-- child so far, or from the referral of the same episode if that is later: between two episodes nobody should hold the case.
with

involvements as (
    select
        children.child_key,
        involvements.involvement_id,
        involvements.worker_id,
        involvements.role_code,
        involvements.role_code = 'CW' as is_case_holder,
        involvements.involvement_start_date as start_date,
        case
            when involvements.involvement_end_date <= run.as_at then involvements.involvement_end_date
        end as end_date,
        run.as_at,
        involvements.worker_change_reason,
        involvements.referral_id,
        involvements.team_id as team_name,
        involvements.snapshot_date,
        involvements.load_id,
        involvements.row_number
    from {{ ref('stg_ssd__involvements') }} as involvements
    inner join {{ ref('int_children__identities') }} as children on involvements.child_id = children.child_id
    cross join {{ ref('stg_control__run') }} as run
    where involvements.involvement_start_date <= run.as_at
),

case_holders as (
    select
        involvements.involvement_id,
        involvements.start_date,
        -- one that is still open holds the case: nothing after it is without a holder
        max(coalesce(involvements.end_date, involvements.as_at)) over (
            partition by involvements.child_key
            order by involvements.start_date, involvements.involvement_id
            rows between unbounded preceding and 1 preceding
        ) as held_until,
        episodes.cin_key,
        episodes.referral_date
    from involvements
    left join {{ ref('int_children_in_need__episodes') }} as episodes
        on involvements.child_key = episodes.child_key and involvements.referral_id = episodes.referral_id
    where involvements.is_case_holder
),

gaps as (
    select
        involvement_id,
        start_date,
        held_until,
        case
            when referral_date > {{ add_days('held_until', 1) }} or held_until is null then referral_date
            else {{ add_days('held_until', 1) }}
        end as unallocated_from_date
    from case_holders
)

select
    {{ row_key(['involvements.child_key', 'involvements.involvement_id']) }} as involvement_key,
    episodes.cin_key,
    involvements.child_key,
    workers.worker_key,
    involvements.role_code,
    involvements.is_case_holder,
    involvements.start_date,
    involvements.end_date,
    {{ days_between('involvements.start_date', 'coalesce(involvements.end_date, involvements.as_at)') }} + 1 as days_involved,
    involvements.worker_change_reason,
    case when gaps.unallocated_from_date < gaps.start_date then gaps.unallocated_from_date end as unallocated_from_date,
    case
        when gaps.unallocated_from_date < gaps.start_date
            then {{ days_between('gaps.unallocated_from_date', 'gaps.start_date') }}
        when gaps.unallocated_from_date is not null then 0
    end as days_unallocated_before,
    {{ team_columns() }},
    involvements.load_id,
    involvements.row_number
from involvements
left join gaps on involvements.involvement_id = gaps.involvement_id
left join {{ ref('int_children_in_need__episodes') }} as episodes
    on involvements.child_key = episodes.child_key and involvements.referral_id = episodes.referral_id
left join {{ ref('stg_control__worker_keys') }} as workers on involvements.worker_id = workers.worker_id
{{ team_joins('involvements', 'involvements.start_date') }}
