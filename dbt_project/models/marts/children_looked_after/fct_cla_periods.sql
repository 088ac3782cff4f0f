-- One row per child and period of care that has begun; a period whose end lies after the as-at date has not ended. Nobody is looked
-- after from the 18th birthday on or after death, even when the period was left open; one that begins then is none.
-- Second period: an earlier one ended in the 12 months before this start, the same day of the year before included. Where the
-- episodes held do not reach back those 12 months and no earlier period is held, it is not known.
with

periods as (
    select
        periods.child_key,
        periods.start_date,
        periods.end_date,
        coalesce(periods.end_date, run.as_at) as counted_to_date,
        periods.end_reason,
        periods.category_of_need,
        periods.last_legal_status as legal_status,
        periods.first_legal_status,
        periods.is_short_break as is_short_breaks,
        case
            when periods.is_short_break then null
            when periods.previous_periods = 0 and coverage.covered_from is null then null
            else coalesce(periods.previous_end_date >= {{ add_months('periods.start_date', -12) }}, false)
        end as is_second_period_within_12_months,
        case when not periods.is_short_break then periods.previous_periods end as previous_periods,
        least(periods.last_seen_date, run.as_at) as last_seen_date,
        periods.load_id,
        periods.row_number
    from {{ ref('int_children_looked_after__periods') }} as periods
    cross join {{ ref('stg_control__run') }} as run
    left join {{ ref('int_control__coverage') }} as coverage
        on
            coverage.source = 'ssd'
            and coverage.table_name = 'cla_episodes'
            and {{ add_months('periods.start_date', -12) }} >= coverage.covered_from
            and periods.start_date <= coverage.covered_to
),

recorded_spells as (
    select
        spells.child_key,
        spells.start_date,
        {{ by_as_at('spells.end_date') }} as end_date,
        spells.cla_end_reason,
        {{ by_as_at('spells.leaves_on') }} as leaves_on,
        run.as_at,
        spells.category_of_need,
        spells.legal_status,
        spells.second_period,
        spells.team_name,
        spells.snapshot_date,
        spells.load_id,
        spells.row_number
    from {{ ref('int_children_looked_after__care_spells') }} as spells
    cross join {{ ref('stg_control__run') }} as run
    where
        spells.start_date <= run.as_at
        and spells.start_date < {{ end_or_never('spells.leaves_on') }}
        and {{ on_route('cla_periods', 'annex_a') }}
),

spells as (
    select
        child_key,
        start_date,
        case when end_date is null or end_date > leaves_on then coalesce(leaves_on, end_date) else end_date end as end_date,
        -- a reason given for a day after the 18th birthday says nothing of the end of care
        case when end_date is not null and (leaves_on is null or end_date <= leaves_on) then cla_end_reason end as end_reason,
        as_at,
        category_of_need,
        legal_status,
        second_period,
        team_name,
        snapshot_date,
        load_id,
        row_number
    from recorded_spells
),

both_routes as (
    select
        periods.child_key,
        periods.start_date,
        periods.end_date,
        periods.counted_to_date,
        periods.end_reason,
        periods.category_of_need,
        periods.legal_status,
        periods.first_legal_status,
        periods.is_short_breaks,
        case periods.is_second_period_within_12_months when true then 'yes' when false then 'no' end as second_period,
        periods.is_second_period_within_12_months,
        periods.previous_periods,
        coalesce(allocation_team.team_code, 'unmapped') as team_code,
        coalesce(allocation_team.service_code, 'unmapped') as service_code,
        periods.last_seen_date,
        'ssd' as source_route,
        periods.load_id,
        periods.row_number
    from periods
    {{ allocation_joins('periods', 'periods.start_date') }}
    union all
    select
        spells.child_key,
        spells.start_date,
        spells.end_date,
        coalesce(spells.end_date, spells.as_at) as counted_to_date,
        spells.end_reason,
        spells.category_of_need,
        spells.legal_status,
        cast(null as varchar) as first_legal_status,
        {{ is_short_break('spells.legal_status') }} as is_short_breaks,
        spells.second_period,
        case spells.second_period when 'yes' then true when 'no' then false end as is_second_period_within_12_months,
        cast(null as bigint) as previous_periods,
        {{ team_columns() }},
        least(spells.snapshot_date, spells.as_at) as last_seen_date,
        'annex_a' as source_route,
        spells.load_id,
        spells.row_number
    from spells
    {{ team_joins('spells', 'spells.start_date') }}
)

select
    {{ row_key(['both_routes.child_key', 'both_routes.start_date']) }} as cla_key,
    both_routes.child_key,
    both_routes.start_date,
    both_routes.end_date,
    both_routes.end_reason,
    both_routes.category_of_need,
    both_routes.legal_status,
    both_routes.first_legal_status,
    both_routes.is_short_breaks,
    both_routes.second_period,
    both_routes.is_second_period_within_12_months,
    both_routes.previous_periods,
    {{ days_between('both_routes.start_date', 'both_routes.counted_to_date') }} + 1 as days_looked_after,
    {{ age_in_years('people.date_of_birth', 'both_routes.start_date') }} as age_at_start,
    case people.uasc when 'yes' then true when 'no' then false end as is_unaccompanied,
    both_routes.team_code,
    both_routes.service_code,
    both_routes.last_seen_date,
    both_routes.source_route,
    both_routes.load_id,
    both_routes.row_number
from both_routes
inner join {{ ref('int_children__people') }} as people on both_routes.child_key = people.child_key
