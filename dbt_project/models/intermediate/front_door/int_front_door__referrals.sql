-- Referrals by the route this authority takes. The case system numbers each referral, so several of a child on one day stay
-- several. Annex A knows a child's referrals by their day only: a child with two numbers, whose referral both show, keeps one
-- row, the one delivered last, with the highest count that either gives.
with

outcomes as (
    select
        referral_id,
        {{ outcome_flag('OUTCOME_STRATEGY_DISCUSSION_FLAG') }} as led_to_strategy_discussion,
        {{ outcome_flag('OUTCOME_SINGLE_ASSESSMENT_FLAG') }} as led_to_assessment
    from {{ ref('stg_ssd__referral_outcomes') }}
    group by referral_id
),

annex_a as (
    select
        children.child_key,
        referrals.referral_date,
        referrals.referral_source,
        referrals.referral_nfa,
        referrals.team_name,
        referrals.snapshot_date,
        referrals.load_id,
        referrals.row_number,
        max(counts.referrals_last_12_months) over (
            partition by children.child_key, referrals.referral_date
        ) as referrals_last_12_months,
        row_number() over (
            partition by children.child_key, referrals.referral_date
            order by referrals.snapshot_date desc, referrals.load_id desc, referrals.row_number desc
        ) as place
    from {{ ref('stg_annex_a__referrals') }} as referrals
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on referrals.child_id = children.child_id
    left join {{ ref('int_front_door__referral_counts') }} as counts
        on referrals.child_id = counts.child_id and referrals.referral_date = counts.referral_date
    where referrals.is_current and referrals.referral_date <= run.as_at and {{ on_route('referrals', 'annex_a') }}
)

select
    {{ row_key(['children.child_key', 'referrals.referral_id']) }} as referral_key,
    children.child_key,
    referrals.referral_id,
    referrals.referral_date,
    referrals.referral_source,
    referrals.primary_need,
    referrals.referral_nfa = 'yes' as is_nfa,
    outcomes.led_to_strategy_discussion,
    outcomes.led_to_assessment,
    -- a closure after the as-at date has not happened
    {{ by_as_at('referrals.close_date') }} as close_date,
    {{ by_as_at('referrals.close_date', 'referrals.close_reason') }} as close_reason,
    cast(null as bigint) as referrals_last_12_months,
    referrals.team_id as team_name,
    referrals.worker_id,
    referrals.snapshot_date,
    'ssd' as source_route,
    referrals.load_id,
    referrals.row_number
from {{ ref('stg_ssd__cin_episodes') }} as referrals
cross join {{ ref('stg_control__run') }} as run
inner join {{ ref('int_children__identities') }} as children on referrals.child_id = children.child_id
left join outcomes on referrals.referral_id = outcomes.referral_id
where referrals.referral_date <= run.as_at and {{ on_route('referrals', 'ssd') }}

union all

select
    {{ row_key(['child_key', 'referral_date']) }} as referral_key,
    child_key,
    cast(null as varchar) as referral_id,
    referral_date,
    referral_source,
    cast(null as varchar) as primary_need,
    -- the list says of a referral that it ended so, and leaves the cell blank otherwise
    coalesce(referral_nfa = 'yes', false) as is_nfa,
    cast(null as boolean) as led_to_strategy_discussion,
    cast(null as boolean) as led_to_assessment,
    cast(null as date) as close_date,
    cast(null as varchar) as close_reason,
    referrals_last_12_months,
    team_name,
    cast(null as varchar) as worker_id,
    snapshot_date,
    'annex_a' as source_route,
    load_id,
    row_number
from annex_a
where place = 1
