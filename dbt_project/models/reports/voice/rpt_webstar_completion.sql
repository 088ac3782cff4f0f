-- Of the respondents with a start star whose intervention was closed in the quarter or half-year, how many scored again at the end, and
-- whether those who did not had started lower: where they had, improvement is told of families who stood better to begin with. The
-- difference is without end star less with end star, in points of the mean over the areas at the start, with a 95% interval (Student's,
-- on the degrees of freedom of the smaller group, which is on the safe side). It is told where both groups have at least minimum_n, and
-- four.
with
{{ voice_periods() }},

items as (
    select
        closed_date,
        service_code,
        respondent,
        end_date is not null as has_end_star,
        start_mean
    from {{ ref('fct_webstar_respondents') }}
    where closed_date is not null
),

slots as (
    select
        {{ voice_slot_columns('items') }},
        items.respondent,
        count(*) as closed_with_start_star,
        count(*) filter (where items.has_end_star) as with_end_star,
        count(*) filter (where not items.has_end_star) as without_end_star,
        sum(case when items.has_end_star then items.start_mean end) as with_total,
        sum(case when items.has_end_star then cast(items.start_mean as double) * items.start_mean end) as with_squares,
        sum(case when not items.has_end_star then items.start_mean end) as without_total,
        sum(case when not items.has_end_star then cast(items.start_mean as double) * items.start_mean end) as without_squares
    from items
    {{ voice_slot_joins('items', 'closed_date') }}
    group by
        voice_periods.basis,
        voice_periods.period,
        levels.org_level,
        case when levels.org_level = 'authority' then levels.authority_code else items.service_code end,
        items.respondent
),

compared as (
    select
        slots.basis,
        slots.period,
        slots.org_level,
        slots.org,
        slots.respondent,
        slots.with_total * 1.0 / slots.with_end_star as with_mean,
        slots.without_total * 1.0 / slots.without_end_star as without_mean,
        {{ student_t_975('least(slots.with_end_star, slots.without_end_star) - 1') }}
        * sqrt(
            {{ sample_variance('slots.with_end_star', 'slots.with_total', 'slots.with_squares') }} / slots.with_end_star
            + {{ sample_variance('slots.without_end_star', 'slots.without_total', 'slots.without_squares') }} / slots.without_end_star
        ) as half_width
    from slots
    inner join levels on slots.org_level = levels.org_level
    where
        slots.with_end_star > 3
        and slots.without_end_star > 3
        and slots.with_end_star >= levels.minimum_n
        and slots.without_end_star >= levels.minimum_n
)

select
    {{ voice_slot_names('slots') }},
    slots.respondent,
    slots.closed_with_start_star,
    slots.with_end_star,
    slots.without_end_star,
    {{ voice_percent('slots.without_end_star', 'slots.closed_with_start_star') }} as without_end_star_percent,
    cast(compared.with_mean as decimal(18, 2)) as start_mean_with_end_star,
    cast(compared.without_mean as decimal(18, 2)) as start_mean_without_end_star,
    cast(compared.without_mean - compared.with_mean as decimal(18, 2)) as start_difference,
    cast(compared.without_mean - compared.with_mean - compared.half_width as decimal(18, 2)) as start_difference_low,
    cast(compared.without_mean - compared.with_mean + compared.half_width as decimal(18, 2)) as start_difference_high,
    case
        when compared.half_width is null then 'too_few'
        when compared.without_mean - compared.with_mean + compared.half_width < 0 then 'lower'
        when compared.without_mean - compared.with_mean - compared.half_width > 0 then 'higher'
        else 'no_difference_shown'
    end as start_without_end_star,
    {{ voice_status('slots.closed_with_start_star') }}
from slots
left join compared
    on
        slots.basis = compared.basis
        and slots.period = compared.period
        and slots.org_level = compared.org_level
        and slots.org = compared.org
        and slots.respondent = compared.respondent
{{ voice_slot_name_joins('slots') }}
