-- One row per intervention and respondent with a start star: how far that respondent got over all areas, and whether there is an end star.
-- The overall change is the mean over the areas that are pairs. The mean at the start is over the first start score of each area, so that
-- those with an end star and those without can be set side by side.
with

starts as (
    select
        intervention_key,
        child_key,
        respondent,
        area,
        star_date,
        score,
        version,
        smallest_overall_change,
        service_code,
        team_code,
        load_id,
        row_number,
        row_number() over (partition by intervention_key, respondent, area order by star_date, row_number) as place
    from {{ ref('int_voice__stars') }}
    where left_out_reason is null and stage = 'start'
),

firsts as (
    select
        intervention_key,
        respondent,
        child_key,
        version,
        smallest_overall_change,
        service_code,
        team_code,
        load_id,
        row_number,
        row_number() over (partition by intervention_key, respondent order by star_date, row_number) as place
    from starts
),

started as (
    select
        intervention_key,
        respondent,
        min(star_date) as start_date,
        count(*) as areas_at_start,
        sum(score) as start_total
    from starts
    where place = 1
    group by intervention_key, respondent
),

later as (
    select
        intervention_key,
        respondent,
        max(case when stage = 'mid' then star_date end) as mid_date,
        max(case when stage = 'end' then star_date end) as end_date
    from {{ ref('int_voice__stars') }}
    where left_out_reason is null and stage <> 'start'
    group by intervention_key, respondent
),

paired as (
    select
        intervention_key,
        respondent,
        count(*) as areas_paired,
        sum(change) as change_total
    from {{ ref('fct_webstar_pairs') }}
    group by intervention_key, respondent
)

select
    {{ row_key(['started.intervention_key', 'started.respondent']) }} as respondent_star_key,
    started.intervention_key,
    firsts.child_key,
    started.respondent,
    firsts.version,
    started.start_date,
    later.mid_date,
    later.end_date,
    interventions.closed_date,
    interventions.closure_reason,
    cast(started.areas_at_start as integer) as areas_at_start,
    cast(started.start_total * 1.0 / started.areas_at_start as decimal(18, 4)) as start_mean,
    cast(coalesce(paired.areas_paired, 0) as integer) as areas_paired,
    cast(paired.change_total * 1.0 / paired.areas_paired as decimal(18, 4)) as mean_change,
    case
        when paired.areas_paired > 0
            then
                {{ star_outcome(
                    'paired.change_total', 'firsts.smallest_overall_change * paired.areas_paired'
                ) }}
    end as outcome,
    firsts.service_code,
    firsts.team_code,
    firsts.load_id,
    firsts.row_number
from started
inner join firsts
    on started.intervention_key = firsts.intervention_key and started.respondent = firsts.respondent and firsts.place = 1
inner join {{ ref('fct_webstar_interventions') }} as interventions on started.intervention_key = interventions.intervention_key
left join later on started.intervention_key = later.intervention_key and started.respondent = later.respondent
left join paired on started.intervention_key = paired.intervention_key and started.respondent = paired.respondent
