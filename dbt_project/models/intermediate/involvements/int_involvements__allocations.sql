-- Who held a child's case, and in which team, on any day: of the case worker involvements (role CW) that run on it the one that
-- began last. It holds until it ends or the next begins; when it ends inside an earlier one, that one holds the case again, with a
-- row of its own. At most one row per child and day.
{{ config(materialized='table') }}
with

held as (
    select
        children.child_key,
        involvements.involvement_id,
        involvements.worker_id,
        involvements.team_id,
        involvements.referral_id,
        involvements.involvement_start_date as start_date,
        involvements.involvement_end_date as end_date,
        row_number() over (
            partition by children.child_key, involvements.involvement_start_date
            order by
                case when involvements.involvement_end_date is null then 0 else 1 end asc,
                involvements.involvement_end_date desc,
                involvements.involvement_id desc
        ) as place
    from {{ ref('stg_ssd__involvements') }} as involvements
    inner join {{ ref('int_children__identities') }} as children on involvements.child_id = children.child_id
    cross join {{ ref('stg_control__run') }} as run
    where involvements.role_code = 'CW' and involvements.involvement_start_date <= run.as_at
),

ranked as (
    select
        child_key,
        involvement_id,
        worker_id,
        team_id,
        referral_id,
        start_date,
        coalesce(end_date, cast('9999-12-31' as date)) as end_date,
        max(coalesce(end_date, cast('9999-12-31' as date))) over (
            partition by child_key order by start_date rows between unbounded preceding and 1 preceding
        ) as ends_before
    from held
    where place = 1
),

-- an end inside an earlier involvement is the only day on which a case goes back: to the one then running that began last,
-- unless that began after what ends, and so holds the case already
handed_back as (
    select
        ended.child_key,
        {{ add_days('ended.end_date', 1) }} as valid_from,
        max(running.start_date) as start_date
    from ranked as ended
    inner join ranked as running
        on
            ended.child_key = running.child_key
            and ended.end_date >= {{ add_days('running.start_date', -1) }}
            and ended.end_date < running.end_date
    where ended.end_date < ended.ends_before
    group by ended.child_key, ended.end_date
    having max(running.start_date) < max(ended.start_date)
),

stretches as (
    select
        child_key,
        start_date as valid_from,
        start_date
    from ranked
    union all
    select
        child_key,
        valid_from,
        start_date
    from handed_back
),

followed as (
    select
        child_key,
        start_date,
        valid_from,
        lead(valid_from) over (partition by child_key order by valid_from) as next_valid_from
    from stretches
)

-- the end of an involvement is its last day, unless another takes the case on it or before
select
    followed.child_key,
    ranked.involvement_id,
    ranked.worker_id,
    ranked.team_id,
    ranked.referral_id,
    followed.valid_from,
    least(
        ranked.end_date,
        coalesce({{ add_days('followed.next_valid_from', -1) }}, cast('9999-12-31' as date))
    ) as valid_to
from followed
inner join ranked on followed.child_key = ranked.child_key and followed.start_date = ranked.start_date
