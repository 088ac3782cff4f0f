-- Whom feedback reaches, by quarter and half-year, for the authority and each service; one row per figure and split, with what it is
-- divided by:
--   asked, reached, answered    of the opportunities those where somebody was asked; of those asked, reached; of the people asked, those
--                               who answered (two of a household asked as one may); by channel and `all`, on the day of the opportunity
--   closures_called, closures_reached    of closed assessments and cases, by kind and `all`
--   placements_heard, placements_child_heard    of homes that ended, those with feedback of anybody, and of the child
--   voice                       of the responses, those by each respondent, on the day of the response
-- What is not recorded is in neither side and counted apart. Percentages of fewer than minimum_n are not made.
with
{{ voice_periods() }},

opportunities as (
    select
        opportunity_date as event_date,
        service_code,
        channel,
        opportunity_kind,
        is_attempted,
        is_reached,
        coalesce(people_asked, 0) as people_asked,
        case when people_asked is not null then responses else 0 end as people_answered,
        opportunity_kind in ('closed_assessment', 'closed_case') as is_closure
    from {{ ref('fct_feedback_opportunities') }}
),

counted as (
    select
        'asked' as figure,
        channel as split,
        event_date,
        service_code,
        case when is_attempted then 1 else 0 end as numerator,
        case when is_attempted is not null then 1 else 0 end as denominator,
        case when is_attempted is null then 1 else 0 end as not_recorded
    from opportunities
    union all
    select
        'reached' as figure,
        channel as split,
        event_date,
        service_code,
        case when is_reached then 1 else 0 end as numerator,
        case when is_reached is not null then 1 else 0 end as denominator,
        case when is_reached is null then 1 else 0 end as not_recorded
    from opportunities
    where is_attempted
    union all
    select
        'answered' as figure,
        channel as split,
        event_date,
        service_code,
        people_answered as numerator,
        people_asked as denominator,
        case when is_attempted is null then 1 else 0 end as not_recorded
    from opportunities
    union all
    select
        'closures_called' as figure,
        opportunity_kind as split,
        event_date,
        service_code,
        case when is_attempted then 1 else 0 end as numerator,
        case when is_attempted is not null then 1 else 0 end as denominator,
        case when is_attempted is null then 1 else 0 end as not_recorded
    from opportunities
    where is_closure
    union all
    select
        'closures_reached' as figure,
        opportunity_kind as split,
        event_date,
        service_code,
        case when is_attempted and is_reached then 1 else 0 end as numerator,
        case when is_reached is not null then 1 else 0 end as denominator,
        case when is_reached is null then 1 else 0 end as not_recorded
    from opportunities
    where is_closure
),

items as (
    select
        figure,
        split,
        event_date,
        service_code,
        numerator,
        denominator,
        not_recorded
    from counted
    union all
    select
        figure,
        'all' as split,
        event_date,
        service_code,
        numerator,
        denominator,
        not_recorded
    from counted
    union all
    select
        'placements_heard' as figure,
        'all' as split,
        end_date as event_date,
        service_code,
        case when has_feedback then 1 else 0 end as numerator,
        1 as denominator,
        0 as not_recorded
    from {{ ref('fct_placement_end_feedback') }}
    union all
    select
        'placements_child_heard' as figure,
        'all' as split,
        end_date as event_date,
        service_code,
        case when has_child_feedback then 1 else 0 end as numerator,
        1 as denominator,
        0 as not_recorded
    from {{ ref('fct_placement_end_feedback') }}
    union all
    select
        'voice' as figure,
        respondent as split,
        response_date as event_date,
        service_code,
        1 as numerator,
        0 as denominator,
        0 as not_recorded
    from {{ ref('fct_feedback_responses') }}
),

summed as (
    select
        {{ voice_slot_columns('items') }},
        items.figure,
        items.split,
        cast(sum(items.numerator) as bigint) as numerator,
        cast(sum(items.denominator) as bigint) as own_denominator,
        cast(sum(items.not_recorded) as bigint) as not_recorded
    from items
    {{ voice_slot_joins('items', 'event_date') }}
    group by
        voice_periods.basis,
        voice_periods.period,
        levels.org_level,
        case when levels.org_level = 'authority' then levels.authority_code else items.service_code end,
        items.figure,
        items.split
),

slots as (
    select
        basis,
        period,
        org_level,
        org,
        figure,
        split,
        numerator,
        case
            when figure = 'voice' then cast(sum(numerator) over (partition by basis, period, org_level, org, figure) as bigint)
            else own_denominator
        end as denominator,
        not_recorded
    from summed
)

select
    {{ voice_slot_names('slots') }},
    slots.figure,
    slots.split,
    slots.numerator,
    slots.denominator,
    {{ voice_percent('slots.numerator', 'slots.denominator') }} as percent,
    slots.not_recorded,
    {{ voice_status('slots.denominator') }}
from slots
{{ voice_slot_name_joins('slots') }}
