-- One row per episode of need that was opened. Statuses reached while it was open are found by the child's own spells that
-- overlap its days (a spell that ends on the day the episode begins, or begins on the day it closes, does not), because the number
-- of the episode is often missing on plans. That none is found is known only where the SSD gives whole histories.
with

episodes as (
    select
        opened.cin_key,
        opened.child_key,
        opened.date_of_birth,
        opened.referral_date,
        opened.close_date,
        coalesce(opened.close_date, cast('9999-12-31' as date)) as open_until,
        coalesce(opened.close_date, run.as_at) as last_day,
        opened.close_reason,
        opened.primary_need,
        opened.team_name,
        opened.worker_id,
        opened.snapshot_date,
        opened.source_route,
        opened.load_id,
        opened.row_number
    from {{ ref('int_children_in_need__episodes') }} as opened
    cross join {{ ref('stg_control__run') }} as run
),

statuses as (
    select
        episodes.cin_key,
        'cin_plan' as status
    from episodes
    inner join {{ ref('fct_cin_plans') }} as plans on episodes.child_key = plans.child_key
    where
        plans.start_date < episodes.open_until
        and {{ end_or_never('plans.end_date') }} > episodes.referral_date

    union all

    select
        episodes.cin_key,
        'cp_plan' as status
    from episodes
    inner join {{ ref('fct_cp_plans') }} as plans on episodes.child_key = plans.child_key
    where
        plans.start_date < episodes.open_until
        and {{ end_or_never('plans.end_date') }} > episodes.referral_date

    union all

    select
        episodes.cin_key,
        'looked_after' as status
    from episodes
    inner join {{ ref('fct_cla_periods') }} as periods on episodes.child_key = periods.child_key
    where
        not periods.is_short_breaks
        and periods.start_date < episodes.open_until
        and {{ end_or_never('periods.end_date') }} > episodes.referral_date
),

reached as (
    select
        cin_key,
        max(case when status = 'cin_plan' then 1 else 0 end) as cin_plans,
        max(case when status = 'cp_plan' then 1 else 0 end) as cp_plans,
        max(case when status = 'looked_after' then 1 else 0 end) as cla_periods
    from statuses
    group by cin_key
)

select
    episodes.cin_key,
    episodes.child_key,
    episodes.referral_date,
    episodes.close_date,
    episodes.close_reason,
    episodes.primary_need,
    case when episodes.close_date is null then false else episodes.close_reason in ('RC8', 'RC9') end as is_closed_after_assessment,
    {{ days_between('episodes.referral_date', 'episodes.last_day') }} as days_open,
    episodes.date_of_birth is null or episodes.date_of_birth > episodes.referral_date as is_unborn_at_start,
    case
        when reached.cin_plans = 1 then true
        when episodes.source_route = 'ssd' then false
    end as has_cin_plan,
    case
        when reached.cp_plans = 1 then true
        when {{ on_route('cp_plans', 'ssd') }} then false
    end as has_cp_plan,
    case
        when reached.cla_periods = 1 then true
        when {{ on_route('cla_periods', 'ssd') }} then false
    end as has_been_looked_after,
    referrals.is_within_open_episode,
    workers.worker_key,
    {{ team_columns() }},
    episodes.source_route,
    episodes.load_id,
    episodes.row_number
from episodes
left join reached on episodes.cin_key = reached.cin_key
-- the episode of the case system is its referral, under the same key
left join {{ ref('fct_referrals') }} as referrals on episodes.cin_key = referrals.referral_key
left join {{ ref('stg_control__worker_keys') }} as workers on episodes.worker_id = workers.worker_id
{{ team_joins('episodes', 'episodes.referral_date') }}
