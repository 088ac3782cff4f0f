{{ config(materialized='table') }}
-- Placements laid end to end within their period of care (or series of short breaks), and which of them is a new home.
-- The same placement twice (also under two numbers of one child) counts once; one ends when the next begins, at the latest, and
-- with the period. Of two that begin on one day the one that ends first comes first and lasts under 24 hours.
-- A placement counts when it is neither temporary (T0 to T4) nor begins and ends on one day nor a short break, and the carer is
-- new: not when the episode began with the same carer (reasons T and U), nor when the placement before ended by a change of
-- status only (PLACE), nor with adoption by the foster carer (A3, A5), nor when the child comes back to the home before from a
-- placement that does not count. The first that counts in a period is no move.
with

recorded as (
    select
        children.child_key,
        placements.cla_placement_id,
        placements.placement_start_date as start_date,
        {{ by_as_at('placements.placement_end_date') }} as end_date,
        {{ by_as_at('placements.placement_end_date', 'placements.placement_change_reason') }} as change_reason,
        placements.placement_type,
        placements.placement_provider,
        placements.placement_urn,
        placements.placement_postcode,
        placements.placement_distance,
        placements.load_id,
        placements.row_number,
        row_number() over (
            partition by
                children.child_key, placements.placement_start_date, placements.placement_end_date,
                placements.placement_type, placements.placement_provider, placements.placement_urn
            order by placements.cla_placement_id desc
        ) as copy_number
    from {{ ref('stg_ssd__cla_placement') }} as placements
    inner join {{ ref('int_children__identities') }} as children on placements.child_id = children.child_id
    cross join {{ ref('stg_control__run') }} as run
    where placements.placement_start_date <= run.as_at
),

in_periods as (
    select
        recorded.child_key,
        recorded.cla_placement_id,
        periods.start_date as period_start_date,
        periods.end_date as period_end_date,
        periods.is_short_break,
        recorded.start_date,
        recorded.end_date,
        recorded.change_reason,
        recorded.placement_type,
        recorded.placement_provider,
        recorded.placement_urn,
        recorded.placement_postcode,
        recorded.placement_distance,
        lead(recorded.start_date) over (
            partition by recorded.child_key, periods.start_date
            order by
                recorded.start_date, case when recorded.end_date is null then 1 else 0 end,
                recorded.end_date, recorded.cla_placement_id
        ) as next_start_date,
        row_number() over (
            partition by recorded.child_key, periods.start_date
            order by
                recorded.start_date, case when recorded.end_date is null then 1 else 0 end,
                recorded.end_date, recorded.cla_placement_id
        ) as placement_number,
        recorded.load_id,
        recorded.row_number
    from recorded
    inner join {{ ref('int_children_looked_after__periods') }} as periods
        on
            recorded.child_key = periods.child_key
            and recorded.start_date >= periods.start_date
            and recorded.start_date < {{ end_or_never('periods.next_start_date') }}
            and (recorded.start_date = periods.start_date or recorded.start_date < {{ end_or_never('periods.end_date') }})
    where recorded.copy_number = 1
),

ended as (
    select
        child_key,
        cla_placement_id,
        period_start_date,
        is_short_break,
        start_date,
        nullif(
            least(
                {{ end_or_never('end_date') }},
                {{ end_or_never('next_start_date') }},
                {{ end_or_never('period_end_date') }}
            ),
            cast('9999-12-31' as date)
        ) as end_date,
        change_reason,
        placement_type,
        placement_provider,
        placement_urn,
        placement_postcode,
        placement_distance,
        placement_number,
        load_id,
        row_number
    from in_periods
),

judged as (
    select
        ended.child_key,
        ended.cla_placement_id,
        ended.period_start_date,
        ended.is_short_break,
        ended.start_date,
        ended.end_date,
        ended.change_reason,
        ended.placement_type,
        ended.placement_provider,
        ended.placement_urn,
        ended.placement_postcode,
        ended.placement_distance,
        ended.placement_number,
        coalesce(ended.placement_type like 'T%', false) as is_temporary,
        coalesce(ended.end_date = ended.start_date, false) as is_under_24_hours,
        ended.placement_number > 1
        and (
            coalesce(episodes.start_reason in ('T', 'U'), false)
            or coalesce(
                lag(ended.change_reason) over (
                    partition by ended.child_key, ended.period_start_date order by ended.placement_number
                ) = 'PLACE', false
            )
            or coalesce(ended.placement_type in ('A3', 'A5'), false)
        ) as is_same_carer,
        ended.load_id,
        ended.row_number
    from ended
    left join {{ ref('int_children_looked_after__episodes') }} as episodes
        on ended.child_key = episodes.child_key and ended.start_date = episodes.start_date
),

lasting as (
    select
        child_key,
        period_start_date,
        placement_number,
        placement_type,
        placement_provider,
        placement_urn,
        placement_postcode,
        lag(placement_number) over (partition by child_key, period_start_date order by placement_number) as lasting_before
    from judged
    where not is_temporary and not is_under_24_hours and not is_short_break
),

counted as (
    select
        lasting.child_key,
        lasting.period_start_date,
        lasting.placement_number,
        lasting.lasting_before is null as is_first
    from lasting
    inner join judged
        on
            lasting.child_key = judged.child_key
            and lasting.period_start_date = judged.period_start_date
            and lasting.placement_number = judged.placement_number
    left join lasting as before
        on
            lasting.child_key = before.child_key
            and lasting.period_start_date = before.period_start_date
            and lasting.lasting_before = before.placement_number
    where
        lasting.lasting_before is null
        or not (
            judged.is_same_carer
            or coalesce(
                lasting.placement_number > lasting.lasting_before + 1
                and lasting.placement_provider = before.placement_provider
                and (
                    lasting.placement_urn = before.placement_urn
                    or (
                        lasting.placement_urn is null
                        and before.placement_urn is null
                        and lasting.placement_postcode = before.placement_postcode
                        and {{ placement_type_group('lasting.placement_type') }} = {{ placement_type_group('before.placement_type') }}
                    )
                ),
                false
            )
        )
),

homes as (
    select
        judged.child_key,
        judged.cla_placement_id,
        judged.period_start_date,
        judged.is_short_break,
        judged.start_date,
        judged.end_date,
        judged.change_reason,
        judged.placement_type,
        judged.placement_provider,
        judged.placement_urn,
        judged.placement_distance,
        judged.placement_number,
        judged.is_temporary,
        judged.is_under_24_hours,
        judged.is_same_carer,
        counted.placement_number is not null as is_counted,
        coalesce(not counted.is_first, false) as is_move,
        max(case when not judged.is_same_carer then judged.start_date end) over (
            partition by judged.child_key, judged.period_start_date
            order by judged.placement_number rows between unbounded preceding and current row
        ) as carer_start_date,
        max(case when counted.placement_number is not null then judged.start_date end) over (
            partition by judged.child_key, judged.period_start_date
            order by judged.placement_number rows between unbounded preceding and current row
        ) as home_start_date,
        max(case when counted.placement_number is not null then judged.start_date end) over (
            partition by judged.child_key, judged.period_start_date
            order by judged.placement_number rows between unbounded preceding and 1 preceding
        ) as home_before_start_date,
        judged.load_id,
        judged.row_number
    from judged
    left join counted
        on
            judged.child_key = counted.child_key
            and judged.period_start_date = counted.period_start_date
            and judged.placement_number = counted.placement_number
)

select
    child_key,
    cla_placement_id,
    period_start_date,
    is_short_break,
    start_date,
    end_date,
    change_reason,
    placement_type,
    placement_provider,
    placement_urn,
    placement_distance,
    placement_number,
    is_temporary,
    is_under_24_hours,
    is_same_carer,
    is_counted,
    is_move,
    carer_start_date,
    home_start_date,
    -- the time with the adopters and the home before together make long-term stability
    max(
        case
            when is_counted and placement_type in ('A4', 'A6') then coalesce(home_before_start_date, home_start_date)
            when is_counted then home_start_date
        end
    ) over (
        partition by child_key, period_start_date order by placement_number rows between unbounded preceding and current row
    ) as stable_since_date,
    load_id,
    row_number
from homes
