{{ config(materialized='table') }}
-- Episodes of the case system as clean, and the period of care each belongs to.
-- Nobody is looked after from the 18th birthday on or after death, even when the episode was left open; one that begins then is
-- none. Of several that begin on one day (also under two numbers of one child) the one that ends last holds. An episode left open
-- ends where the child's next one begins; one that overlaps the next is cut there as an episode, but its own end still counts for
-- the period. An episode belongs to the period before it if it begins at the latest on the day after everything before it ended.
-- Short breaks stand apart: they neither make nor prolong a period of care.
with

recorded as (
    select
        children.child_key,
        episodes.cla_episode_id,
        episodes.cla_id,
        episodes.cla_placement_id,
        episodes.cla_episode_start_date as start_date,
        {{ by_as_at('episodes.cla_episode_end_date') }} as recorded_end_date,
        episodes.cla_start_reason as start_reason,
        {{ by_as_at('episodes.cla_episode_end_date', 'episodes.cla_end_reason') }} as end_reason,
        episodes.primary_need as category_of_need,
        {{ by_as_at('episodes.last_iro_contact_date') }} as last_iro_contact_date,
        {{ leaves_care_on('children') }} as leaves_on,
        run.as_at,
        episodes.snapshot_date,
        episodes.load_id,
        episodes.row_number
    from {{ ref('stg_ssd__cla_episodes') }} as episodes
    inner join {{ ref('int_children__identities') }} as children on episodes.child_id = children.child_id
    cross join {{ ref('stg_control__run') }} as run
    where
        episodes.cla_episode_start_date <= run.as_at
        and {{ on_route('cla_periods', 'ssd') }}
),

ranked as (
    select
        child_key,
        cla_episode_id,
        cla_id,
        cla_placement_id,
        start_date,
        recorded_end_date,
        start_reason,
        end_reason,
        category_of_need,
        last_iro_contact_date,
        case when leaves_on <= as_at then leaves_on end as leaves_on,
        snapshot_date,
        load_id,
        row_number,
        row_number() over (
            partition by child_key, start_date
            order by case when recorded_end_date is null then 0 else 1 end, recorded_end_date desc, cla_episode_id desc
        ) as place
    from recorded
    where leaves_on is null or start_date < leaves_on
),

followed as (
    select
        child_key,
        cla_episode_id,
        cla_id,
        cla_placement_id,
        start_date,
        coalesce(recorded_end_date, lead(start_date) over (partition by child_key order by start_date)) as followed_end_date,
        lead(start_date) over (partition by child_key order by start_date) as next_start_date,
        start_reason,
        end_reason,
        category_of_need,
        last_iro_contact_date,
        leaves_on,
        snapshot_date,
        load_id,
        row_number
    from ranked
    where place = 1
),

ended as (
    select
        followed.child_key,
        followed.cla_episode_id,
        followed.cla_id,
        followed.cla_placement_id,
        followed.start_date,
        case
            when followed.leaves_on is not null and (followed.followed_end_date is null or followed.followed_end_date > followed.leaves_on)
                then followed.leaves_on
            else followed.followed_end_date
        end as own_end_date,
        followed.next_start_date,
        followed.start_reason,
        -- a reason given for a day after the 18th birthday says nothing of the end of care
        case when followed.leaves_on is null or followed.followed_end_date <= followed.leaves_on then followed.end_reason end as end_reason,
        followed.category_of_need,
        statuses.legal_status,
        {{ is_short_break('statuses.legal_status') }} as is_short_break,
        followed.last_iro_contact_date,
        followed.snapshot_date,
        followed.load_id,
        followed.row_number
    from followed
    left join {{ ref('int_children_looked_after__legal_statuses') }} as statuses
        on
            followed.child_key = statuses.child_key
            and statuses.is_care_status
            and followed.start_date >= statuses.start_date
            and followed.start_date < {{ end_or_never('statuses.end_date') }}
),

marked as (
    select
        child_key,
        cla_episode_id,
        cla_id,
        cla_placement_id,
        start_date,
        own_end_date,
        next_start_date,
        start_reason,
        end_reason,
        category_of_need,
        legal_status,
        is_short_break,
        max(own_end_date) over (
            partition by child_key, is_short_break order by start_date rows between unbounded preceding and 1 preceding
        ) as ended_before,
        last_iro_contact_date,
        snapshot_date,
        load_id,
        row_number
    from ended
)

select
    child_key,
    cla_episode_id,
    cla_id,
    cla_placement_id,
    max(case when ended_before is null or start_date > {{ add_days('ended_before', 1) }} then start_date end) over (
        partition by child_key, is_short_break order by start_date rows between unbounded preceding and current row
    ) as period_start_date,
    start_date,
    case when own_end_date > next_start_date then next_start_date else own_end_date end as end_date,
    own_end_date,
    start_reason,
    end_reason,
    category_of_need,
    legal_status,
    is_short_break,
    last_iro_contact_date,
    snapshot_date,
    load_id,
    row_number
from marked
