-- Distance travelled by quarter and half-year, for the authority and each service, by respondent and area of the star; `overall` is the
-- mean over the areas a respondent scored at both ends. One respondent of one intervention counts once in each row, in the period of
-- the end star. Below the setting minimum_n only counts are told. The 95% interval is Student's, of four or more; where families are not
-- independent of each other (siblings, a child with two interventions) it is too narrow.
with
{{ voice_periods() }},

overall as (
    select
        pairs.intervention_key,
        pairs.respondent,
        max(pairs.end_date) as end_date,
        max(pairs.service_code) as service_code,
        cast(sum(pairs.start_score) * 1.0 / count(*) as decimal(18, 4)) as start_score,
        cast(sum(pairs.end_score) * 1.0 / count(*) as decimal(18, 4)) as end_score,
        cast(sum(pairs.change) * 1.0 / count(*) as decimal(18, 4)) as change
    from {{ ref('fct_webstar_pairs') }} as pairs
    group by pairs.intervention_key, pairs.respondent
),

items as (
    select
        end_date,
        service_code,
        respondent,
        area,
        cast(start_score as decimal(18, 4)) as start_score,
        cast(end_score as decimal(18, 4)) as end_score,
        cast(change as decimal(18, 4)) as change,
        outcome
    from {{ ref('fct_webstar_pairs') }}
    union all
    select
        overall.end_date,
        overall.service_code,
        overall.respondent,
        'overall' as area,
        overall.start_score,
        overall.end_score,
        overall.change,
        respondents.outcome
    from overall
    inner join {{ ref('fct_webstar_respondents') }} as respondents
        on overall.intervention_key = respondents.intervention_key and overall.respondent = respondents.respondent
),

slots as (
    select
        {{ voice_slot_columns('items') }},
        items.respondent,
        items.area,
        count(*) as respondents_paired,
        sum(items.start_score) as start_total,
        sum(items.end_score) as end_total,
        sum(items.change) as change_total,
        sum(cast(items.change as double) * items.change) as change_squares,
        count(*) filter (where items.outcome = 'improved') as improved,
        count(*) filter (where items.outcome = 'same') as same,
        count(*) filter (where items.outcome = 'worse') as worse,
        count(*) filter (where items.outcome = 'not_classified') as not_classified
    from items
    {{ voice_slot_joins('items', 'end_date') }}
    group by
        voice_periods.basis,
        voice_periods.period,
        levels.org_level,
        case when levels.org_level = 'authority' then levels.authority_code else items.service_code end,
        items.respondent,
        items.area
),

widths as (
    select
        basis,
        period,
        org_level,
        org,
        respondent,
        area,
        {{ half_width_of_mean('respondents_paired', 'change_total', 'change_squares') }} as half_width
    from slots
)

select
    {{ voice_slot_names('slots') }},
    slots.respondent,
    slots.area,
    slots.respondents_paired,
    {%- set enough = 'slots.respondents_paired >= levels.minimum_n' %}
    case when {{ enough }} then cast(slots.start_total * 1.0 / slots.respondents_paired as decimal(18, 2)) end as start_mean,
    case when {{ enough }} then cast(slots.end_total * 1.0 / slots.respondents_paired as decimal(18, 2)) end as end_mean,
    case when {{ enough }} then cast(slots.change_total * 1.0 / slots.respondents_paired as decimal(18, 2)) end as mean_change,
    case when {{ enough }} then cast(slots.change_total * 1.0 / slots.respondents_paired - widths.half_width as decimal(18, 2)) end
        as mean_change_low,
    case when {{ enough }} then cast(slots.change_total * 1.0 / slots.respondents_paired + widths.half_width as decimal(18, 2)) end
        as mean_change_high,
    slots.improved,
    slots.same,
    slots.worse,
    slots.not_classified,
    {%- set classified = '(slots.respondents_paired - slots.not_classified)' %}
    {{ voice_percent('slots.improved', classified) }} as improved_percent,
    {{ voice_percent('slots.same', classified) }} as same_percent,
    {{ voice_percent('slots.worse', classified) }} as worse_percent,
    {{ voice_status('slots.respondents_paired') }}
from slots
inner join widths
    on
        slots.basis = widths.basis
        and slots.period = widths.period
        and slots.org_level = widths.org_level
        and slots.org = widths.org
        and slots.respondent = widths.respondent
        and slots.area = widths.area
{{ voice_slot_name_joins('slots') }}
