-- Who held a child's case, and in which team, on any day: case worker involvements (role CW) laid end to end. The one that
-- began last holds; it ends when it ends or when the next begins. At most one row per child and day.
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
    where
        involvements.role_code = 'CW'
        and involvements.involvement_start_date <= run.as_at
        and (
            involvements.involvement_end_date is null
            or involvements.involvement_end_date > involvements.involvement_start_date
        )
),

followed as (
    select
        child_key,
        involvement_id,
        worker_id,
        team_id,
        referral_id,
        start_date,
        end_date,
        lead(start_date) over (partition by child_key order by start_date) as next_start_date
    from held
    where place = 1
)

-- the end of an involvement is its last day, unless the next one begins on it or before
select
    child_key,
    involvement_id,
    worker_id,
    team_id,
    referral_id,
    start_date as valid_from,
    least(
        coalesce(end_date, cast('9999-12-31' as date)),
        coalesce({{ add_days('next_start_date', -1) }}, cast('9999-12-31' as date))
    ) as valid_to
from followed
