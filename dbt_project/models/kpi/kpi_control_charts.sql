-- A control chart (XmR) of every KPI by basis and organisation: one row per point, in the order of the periods. Periods of the
-- bases here do not overlap; year to date and rolling 12 months share months between points, so that every rule would fire.
-- Amounts and lines are whole ten-thousandths until the end, and a rule compares a point with the line that is stored.
{%- set in_order = 'partition by chart, phase_from, is_provisional order by period_end' -%}
{%- set in_phase = 'partition by chart, phase_from order by period_end' %}
with

chart_values as (
    select
        kpi,
        basis,
        period,
        period_start,
        period_end,
        reference_date,
        org_level,
        org,
        numerator,
        value,
        status,
        target,
        target_high,
        unit,
        decimals,
        polarity,
        nature,
        -- A flow's period in which a process changed is mixed and belongs to the old phase; a position is of one day.
        case when nature = 'stock' then reference_date else period_start end as phase_day
    from {{ ref('kpi_values') }}
    where
        breakdown = 'total'
        and basis in ('W', 'M', 'Q', 'SNAP', 'Y')
        and status <> 'x'
        and ((status <> 'z' and value is not null) or (unit = 'per 10,000' and numerator is not null))
),

-- A rate without a value on its basis, or below the authority, is charted by its numerator: all of a chart or none of it.
charts as (
    select
        kpi,
        basis,
        org_level,
        org,
        count(value) = 0 as is_numerator,
        row_number() over (order by kpi, basis, org_level, org) as chart
    from chart_values
    group by kpi, basis, org_level, org
),

rebases as (
    select
        kpi,
        coalesce(trim(service_code), '') as service_code,
        rebase_date,
        reason,
        coalesce(
            lead(rebase_date) over (partition by kpi, coalesce(trim(service_code), '') order by rebase_date),
            cast('9999-12-31' as date)
        ) as until_date
    from {{ ref('stg_reference__control_chart_rebases') }}
),

-- A service with rows of its own, and its teams, do not take the authority's.
own_rebases as (
    select distinct
        kpi,
        service_code
    from rebases
    where service_code <> ''
),

services as (
    select
        'team' as org_level,
        team_code as org,
        latest_service_code as service_code
    from {{ ref('dim_team') }}
    where is_latest
    union all
    select distinct
        'service' as org_level,
        service_code as org,
        service_code
    from own_rebases
),

rebased_charts as (
    select
        charts.kpi,
        charts.basis,
        charts.org_level,
        charts.org,
        charts.is_numerator,
        charts.chart,
        coalesce(own_rebases.service_code, '') as rebase_service
    from charts
    left join services on charts.org_level = services.org_level and charts.org = services.org
    left join own_rebases on charts.kpi = own_rebases.kpi and services.service_code = own_rebases.service_code
),

points as (
    select
        rebased_charts.chart,
        rebased_charts.is_numerator,
        chart_values.kpi,
        chart_values.basis,
        chart_values.period,
        chart_values.period_start,
        chart_values.period_end,
        chart_values.reference_date,
        chart_values.org_level,
        chart_values.org,
        chart_values.status,
        -- a target of the rate is none of its numerator
        case when not rebased_charts.is_numerator then chart_values.target end as target,
        case when not rebased_charts.is_numerator then chart_values.target_high end as target_high,
        chart_values.unit,
        chart_values.decimals,
        chart_values.polarity,
        chart_values.nature,
        case
            when rebased_charts.is_numerator then {{ ten_thousandths('chart_values.numerator') }}
            else {{ ten_thousandths('chart_values.value') }}
        end as amount,
        chart_values.reference_date < chart_values.period_end as is_provisional,
        rebases.rebase_date,
        rebases.reason as rebase_reason,
        coalesce(rebases.rebase_date, cast('1900-01-01' as date)) as phase_from
    from chart_values
    inner join rebased_charts
        on
            chart_values.kpi = rebased_charts.kpi
            and chart_values.basis = rebased_charts.basis
            and chart_values.org_level = rebased_charts.org_level
            and chart_values.org = rebased_charts.org
    left join rebases
        on
            rebased_charts.kpi = rebases.kpi
            and rebased_charts.rebase_service = rebases.service_code
            and chart_values.phase_day >= rebases.rebase_date
            and chart_values.phase_day < rebases.until_date
    where rebased_charts.is_numerator or chart_values.value is not null
),

-- Whether a limit may lie below 0, or that of a percentage above 100, is told by the unit and by what the KPI has ever shown.
bounds as (
    select
        kpi,
        is_numerator,
        min(amount) >= 0 and (is_numerator or max(unit) not in ('points', 'score', 'kappa', 'percentage points')) as has_floor,
        max(amount) <= 1000000 and not is_numerator and max(unit) = '%' as has_ceiling
    from points
    group by kpi, is_numerator
),

numbered as (
    select
        chart,
        phase_from,
        is_provisional,
        period,
        period_end,
        amount,
        row_number() over ({{ in_order }}) as place,
        amount - lag(amount) over ({{ in_order }}) as change
    from points
),

-- The limits of a phase are those of its first 12 points: their sum and the sum of their 11 moving ranges.
phases as (
    select
        chart,
        phase_from,
        count(*) as points,
        min(period) as first_period,
        max(case when place = 12 then period end) as twelfth_period,
        max(period) as last_period,
        sum(case when place <= 12 then amount end) as total,
        sum(case when place <= 12 then abs(change) end) as ranges_total
    from numbered
    where not is_provisional
    group by chart, phase_from
),

-- A moving range above 3.267 times their mean is left out, once, because a leap would widen the limits it stands outside of.
screened as (
    select
        phases.chart,
        phases.phase_from,
        25 * max(phases.total) * count(*) as centre_part,
        sum(abs(numbered.change)) as ranges_total,
        count(*) as ranges
    from phases
    inner join numbered on phases.chart = numbered.chart and phases.phase_from = numbered.phase_from
    where
        phases.points >= 12
        and not numbered.is_provisional
        and numbered.place between 2 and 12
        and abs(cast(numbered.change as decimal(38, 0))) * 11000 <= 3267 * phases.ranges_total
    group by phases.chart, phases.phase_from
),

-- total / 12 and 2.66 * ranges_total / ranges (and two thirds of it) over their common divisor, so that each is rounded once.
-- Where no variation is left the limits would lie on the mean and every other point outside of them: no limits then.
limits as (
    select
        chart,
        phase_from,
        ranges,
        {{ whole_half_up('ranges_total', 'ranges') }} as mean_range,
        {{ whole_half_up('centre_part', '(300 * ranges)') }} as centre,
        {{ whole_half_up('(centre_part - 798 * ranges_total)', '(300 * ranges)') }} as lower_limit,
        {{ whole_half_up('(centre_part - 532 * ranges_total)', '(300 * ranges)') }} as lower_third,
        {{ whole_half_up('(centre_part + 532 * ranges_total)', '(300 * ranges)') }} as upper_third,
        {{ whole_half_up('(centre_part + 798 * ranges_total)', '(300 * ranges)') }} as upper_limit
    from screened
    where ranges_total > 0
),

by_size as (
    select
        numbered.chart,
        numbered.phase_from,
        numbered.amount,
        phases.points,
        row_number() over (partition by numbered.chart, numbered.phase_from order by numbered.amount) as size_place
    from numbered
    inner join phases on numbered.chart = phases.chart and numbered.phase_from = phases.phase_from
    left join limits on numbered.chart = limits.chart and numbered.phase_from = limits.phase_from
    where not numbered.is_provisional and limits.chart is null
),

-- The middle point, or the mean of the two in the middle.
medians as (
    select
        chart,
        phase_from,
        {{ whole_half_up('sum(amount)', 'count(*)') }} as centre
    from by_size
    where 2 * size_place between points and points + 2
    group by chart, phase_from
),

-- Of each point that is judged: its side of the centre, the way it came from the one before, and whether it is in an outer third.
sides as (
    select
        numbered.chart,
        numbered.phase_from,
        numbered.period_end,
        sign(numbered.amount - limits.centre) as side,
        sign(numbered.change) as way,
        case
            when numbered.amount > limits.upper_limit then 1 when numbered.amount < limits.lower_limit then -1 else 0
        end as beyond,
        case when numbered.amount > limits.upper_third then 1 else 0 end as is_high_third,
        case when numbered.amount < limits.lower_third then 1 else 0 end as is_low_third
    from numbered
    inner join limits on numbered.chart = limits.chart and numbered.phase_from = limits.phase_from
    where not numbered.is_provisional
),

-- The point at which a run or a trend of 7 is complete: 7 points on a side, 6 steps the same way; a point on the centre or a
-- step of 0 breaks it.
completed as (
    select
        chart,
        phase_from,
        period_end,
        side,
        beyond,
        case when abs(sum(side) over ({{ in_phase }} rows between 6 preceding and current row)) = 7 then 1 else 0 end as run_end,
        case sum(way) over ({{ in_phase }} rows between 5 preceding and current row)
            when 6 then 1 when -6 then -1 else 0
        end as trend_end,
        is_high_third = 1
        and sum(is_high_third) over ({{ in_phase }} rows between 2 preceding and 2 following) >= 2 as is_near_upper,
        is_low_third = 1
        and sum(is_low_third) over ({{ in_phase }} rows between 2 preceding and 2 following) >= 2 as is_near_lower
    from sides
),

-- Every point of a run or trend is marked, those before it was complete too.
marked as (
    select
        chart,
        phase_from,
        period_end,
        side,
        beyond,
        trend_end,
        is_near_upper,
        is_near_lower,
        max(run_end) over ({{ in_phase }} rows between current row and 6 following) = 1 as is_run,
        max(trend_end) over ({{ in_phase }} rows between current row and 6 following) = 1 as is_rising,
        min(trend_end) over ({{ in_phase }} rows between current row and 6 following) = -1 as is_falling
    from completed
),

latest as (
    select
        chart,
        max(period_end) as period_end
    from numbered
    where not is_provisional
    group by chart
),

judged as (
    select
        points.kpi,
        points.basis,
        points.period,
        points.period_start,
        points.period_end,
        points.reference_date,
        points.org_level,
        points.org,
        points.nature,
        points.unit,
        points.decimals,
        points.polarity,
        points.status,
        points.target,
        points.target_high,
        points.is_numerator,
        points.is_provisional,
        points.rebase_date,
        points.rebase_reason,
        points.amount,
        points.period_end = latest.period_end and not points.is_provisional as is_latest,
        numbered.change,
        phases.first_period as baseline_from,
        case when limits.chart is not null then phases.twelfth_period else phases.last_period end as baseline_to,
        coalesce(phases.points, 0) as points,
        limits.chart is not null as has_limits,
        limits.mean_range,
        11 - limits.ranges as ranges_left_out,
        coalesce(limits.centre, medians.centre) as centre,
        bounds.has_floor and limits.lower_limit < 0 as is_floored,
        bounds.has_ceiling and limits.upper_limit > 1000000 as is_capped,
        case when bounds.has_floor and limits.lower_limit < 0 then 0 else limits.lower_limit end as lower_limit,
        case when bounds.has_ceiling and limits.upper_limit > 1000000 then 1000000 else limits.upper_limit end as upper_limit,
        marked.side,
        marked.beyond,
        marked.is_near_upper,
        marked.is_near_lower,
        marked.is_run,
        marked.is_rising,
        marked.is_falling,
        marked.trend_end
    from points
    inner join numbered on points.chart = numbered.chart and points.period_end = numbered.period_end
    inner join bounds on points.kpi = bounds.kpi and points.is_numerator = bounds.is_numerator
    left join phases on points.chart = phases.chart and points.phase_from = phases.phase_from
    left join limits on points.chart = limits.chart and points.phase_from = limits.phase_from
    left join medians on points.chart = medians.chart and points.phase_from = medians.phase_from
    left join marked on points.chart = marked.chart and points.period_end = marked.period_end
    left join latest on points.chart = latest.chart
),

-- Where several rules hold, the direction is that of the first of: limits, trend, outer third, run.
signalled as (
    select
        kpi,
        basis,
        period,
        period_start,
        period_end,
        reference_date,
        org_level,
        org,
        nature,
        unit,
        decimals,
        polarity,
        status,
        target,
        target_high,
        is_numerator,
        is_provisional,
        is_latest,
        rebase_date,
        rebase_reason,
        baseline_from,
        baseline_to,
        points,
        has_limits,
        ranges_left_out,
        is_floored,
        is_capped,
        is_run,
        beyond <> 0 as is_outside_limits,
        is_rising or is_falling as is_trend,
        is_near_upper or is_near_lower as is_near_limit,
        case
            when beyond <> 0 then beyond
            -- the turning point of two trends goes with the later one
            when is_rising and is_falling then -trend_end
            when is_rising then 1
            when is_falling then -1
            when is_near_upper then 1
            when is_near_lower then -1
            when is_run then side
            else 0
        end as signal,
        {{ from_ten_thousandths('amount') }} as charted_value,
        {{ from_ten_thousandths('abs(change)') }} as moving_range,
        {{ from_ten_thousandths('mean_range') }} as mean_moving_range,
        {{ from_ten_thousandths('centre') }} as centre,
        {{ from_ten_thousandths('lower_limit') }} as lower_limit,
        {{ from_ten_thousandths('upper_limit') }} as upper_limit
    from judged
)

select
    kpi,
    basis,
    period,
    period_start,
    period_end,
    reference_date,
    org_level,
    org,
    nature,
    unit,
    cast(decimals as integer) as decimals,
    polarity,
    case when is_numerator then 'numerator' else 'value' end as charted,
    charted_value,
    status,
    is_provisional,
    is_latest,
    target,
    target_high,
    rebase_date,
    rebase_reason,
    case when has_limits then 'xmr chart' else 'run chart' end as chart_kind,
    case
        when has_limits
            then
                'centre: mean of the first 12 points of the phase; limits: 2.66 times their mean moving range from it'
                || case when ranges_left_out > 0 then '; ranges above 3.267 times the mean left out once' else '' end
                || case when is_floored then '; lower limit held at 0' else '' end
                || case when is_capped then '; upper limit held at 100' else '' end
        when points >= 12 then 'centre: median of the points of the phase; no limits, the first 12 points do not vary enough'
        else 'centre: median of the points of the phase; no limits before it has 12 points'
    end as method,
    baseline_from,
    baseline_to,
    cast(case when has_limits then 12 else points end as integer) as baseline_points,
    moving_range,
    mean_moving_range,
    cast(ranges_left_out as integer) as ranges_left_out,
    centre,
    lower_limit,
    upper_limit,
    is_outside_limits,
    is_run,
    is_trend,
    is_near_limit,
    case
        when not has_limits or is_provisional then ''
        when signal = 0 then 'common cause'
        when polarity not in ('H', 'L') then 'special cause neither'
        when (signal = 1) = (polarity = 'H') then 'special cause improvement'
        else 'special cause concern'
    end as variation,
    case
        when not has_limits or is_provisional or signal = 0 then ''
        when signal = 1 then 'high'
        else 'low'
    end as variation_direction,
    case
        when not has_limits or target is null then ''
        when polarity = 'H'
            then
                case
                    when lower_limit >= target then 'consistently hits'
                    when upper_limit < target then 'consistently fails'
                    else 'hit and miss'
                end
        when polarity = 'L'
            then
                case
                    when upper_limit <= target then 'consistently hits'
                    when lower_limit > target then 'consistently fails'
                    else 'hit and miss'
                end
        when polarity = 'range' and target_high is not null
            then
                case
                    when lower_limit >= target and upper_limit <= target_high then 'consistently hits'
                    when upper_limit < target or lower_limit > target_high then 'consistently fails'
                    else 'hit and miss'
                end
        else ''
    end as assurance
from signalled
