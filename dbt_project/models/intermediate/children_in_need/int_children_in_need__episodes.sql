-- Episodes of need that were opened, by the route the authority delivers. By the SSD an episode is a referral that did not end
-- in no further action, and it stays open until its close date; one whose decision is not recorded yet counts as opened. By
-- Annex A it is what list 6 shows, as last shown. A closure after the as-at date has not happened.
{{ config(materialized='table') }}
with

delivered as (
    select
        referrals.child_id,
        referrals.referral_id,
        referrals.referral_date,
        referrals.close_date,
        referrals.close_reason,
        referrals.primary_need,
        referrals.team_id as team_name,
        referrals.worker_id,
        referrals.snapshot_date,
        'ssd' as source_route,
        referrals.load_id,
        referrals.row_number
    from {{ ref('stg_ssd__cin_episodes') }} as referrals
    where {{ on_route('cin_episodes', 'ssd') }} and coalesce(referrals.referral_nfa, 'no') <> 'yes'

    union all

    select
        listed.child_id,
        cast(null as varchar) as referral_id,
        listed.cin_start_date as referral_date,
        listed.cin_closure_date as close_date,
        listed.closure_reason as close_reason,
        listed.primary_need,
        listed.team_name,
        cast(null as varchar) as worker_id,
        listed.snapshot_date,
        'annex_a' as source_route,
        listed.load_id,
        listed.row_number
    from {{ ref('stg_annex_a__children_in_need') }} as listed
    where {{ on_route('cin_episodes', 'annex_a') }} and listed.is_current and listed.cin_start_date is not null
),

keyed as (
    select
        children.child_key,
        children.date_of_birth,
        delivered.referral_id,
        delivered.referral_date,
        {{ by_as_at('delivered.close_date') }} as close_date,
        {{ by_as_at('delivered.close_date', 'delivered.close_reason') }} as close_reason,
        delivered.primary_need,
        delivered.team_name,
        delivered.worker_id,
        delivered.snapshot_date,
        delivered.source_route,
        delivered.load_id,
        delivered.row_number,
        -- list 6 has no number of the episode: a child listed under two ids shows the same one twice
        row_number() over (
            partition by children.child_key, coalesce(delivered.referral_id, cast(delivered.referral_date as varchar))
            order by delivered.snapshot_date desc, delivered.load_id desc, delivered.row_number desc
        ) as place
    from delivered
    inner join {{ ref('int_children__identities') }} as children on delivered.child_id = children.child_id
    cross join {{ ref('stg_control__run') }} as run
    where delivered.referral_date <= run.as_at
)

select
    {{ row_key(['child_key', 'coalesce(referral_id, cast(referral_date as varchar))']) }} as cin_key,
    child_key,
    date_of_birth,
    referral_id,
    referral_date,
    close_date,
    close_reason,
    primary_need,
    team_name,
    worker_id,
    snapshot_date,
    source_route,
    load_id,
    row_number
from keyed
where place = 1
