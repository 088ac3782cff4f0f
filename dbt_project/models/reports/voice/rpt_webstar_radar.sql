-- The stars of each intervention as a chart draws them: one row per respondent, stage and area, in the order of the form. At the start
-- it is the first star, mid-way and at the end the last one, area by area, as in the figures. An area of the form left blank has a row
-- without a score, so that every star has all its points. Children with a restricted record are left out.
with

scored as (
    select
        intervention_key,
        child_key,
        respondent,
        stage,
        star_date,
        area,
        score,
        version,
        service_code,
        team_code,
        row_number() over (
            partition by intervention_key, respondent, area, stage
            order by
                case when stage = 'start' then star_date end asc,
                case when stage <> 'start' then star_date end desc,
                case when stage = 'start' then row_number end asc,
                case when stage <> 'start' then row_number end desc
        ) as place
    from {{ ref('int_voice__stars') }}
    where left_out_reason is null
),

chosen as (
    select
        scored.intervention_key,
        scored.child_key,
        scored.respondent,
        scored.stage,
        scored.star_date,
        scored.area,
        scored.score,
        scored.version,
        scored.service_code,
        scored.team_code
    from scored
    left join {{ ref('int_children__restrictions') }} as restrictions on scored.child_key = restrictions.child_key
    where scored.place = 1 and restrictions.child_key is null
),

-- the form a star is drawn on is that of its latest score
forms as (
    select
        intervention_key,
        child_key,
        respondent,
        stage,
        version,
        star_date,
        service_code,
        team_code,
        row_number() over (partition by intervention_key, respondent, stage order by star_date desc, area asc) as place
    from chosen
),

on_form as (
    select
        forms.intervention_key,
        forms.child_key,
        forms.respondent,
        forms.stage,
        forms.star_date,
        forms.version,
        forms.service_code,
        forms.team_code,
        areas.area,
        areas.title,
        areas.area_order,
        areas.scale_minimum,
        areas.scale_maximum,
        row_number() over (
            partition by forms.intervention_key, forms.respondent, forms.stage, areas.area
            order by case when areas.valid_from <= forms.star_date then 0 else 1 end, areas.valid_from desc
        ) as place
    from forms
    inner join {{ ref('stg_voice__webstar_areas') }} as areas
        on
            forms.version = areas.version
            or (
                (forms.version is null or areas.version is null)
                and forms.star_date between areas.valid_from and {{ end_or_never('areas.valid_to') }}
            )
    where forms.place = 1
)

select
    on_form.intervention_key,
    on_form.child_key,
    on_form.respondent,
    on_form.stage,
    case on_form.stage when 'start' then 1 when 'mid' then 2 else 3 end as stage_order,
    coalesce(chosen.star_date, on_form.star_date) as star_date,
    on_form.area,
    on_form.title as area_title,
    cast(on_form.area_order as integer) as area_order,
    cast(chosen.score as integer) as score,
    cast(on_form.scale_minimum as integer) as scale_minimum,
    cast(on_form.scale_maximum as integer) as scale_maximum,
    on_form.version,
    on_form.service_code,
    on_form.team_code
from on_form
left join chosen
    on
        on_form.intervention_key = chosen.intervention_key
        and on_form.respondent = chosen.respondent
        and on_form.stage = chosen.stage
        and on_form.area = chosen.area
where on_form.place = 1
