{{ config(materialized='table') }}
-- Every score of a star by the as-at date, with the form it was scored on: the version it names, else the one in force on the day, and
-- the scale, title and place of the area on that version. An old star is read by its own form, whatever came after.
--
-- What only shows beside other rows leaves a score out of every figure, with its reason: an area that the version does not have, a score
-- outside its scale, a mid-way or end star before the same respondent's first start star in the intervention. The register of areas may
-- come or be mended after the stars, so this is judged anew at every build and not when a file is taken in. Without any register
-- nothing can be said of areas and scales.
with

register as (
    select count(*) as areas
    from {{ ref('stg_voice__webstar_areas') }}
),

versions as (
    select
        version,
        smallest_area_change,
        smallest_overall_change,
        valid_from,
        least(
            {{ end_or_never('valid_to') }},
            coalesce({{ add_days('lead(valid_from) over (order by valid_from, version)', -1) }}, cast('9999-12-31' as date))
        ) as valid_to
    from {{ ref('stg_voice__webstar_versions') }}
),

stars as (
    select
        {{ row_key(['stars.intervention_id', 'stars.respondent', 'stars.stage', 'stars.star_date', 'stars.area']) }} as score_key,
        keys.intervention_key,
        children.child_key,
        stars.respondent,
        stars.stage,
        stars.star_date,
        stars.area,
        stars.score,
        nullif(trim(stars.version), '') as named_version,
        coalesce(nullif(trim(stars.version), ''), in_force.version) as version,
        coalesce(nullif(trim(stars.service_code), ''), 'unmapped') as service_code,
        coalesce(nullif(trim(stars.team_code), ''), 'unmapped') as team_code,
        stars.load_id,
        stars.row_number
    from {{ ref('stg_voice__webstar') }} as stars
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('stg_control__intervention_keys') }} as keys on stars.intervention_id = keys.intervention_id
    left join {{ ref('int_children__identities') }} as children on stars.child_id = children.child_id
    left join versions as in_force on stars.star_date between in_force.valid_from and in_force.valid_to
    where stars.score is not null and stars.star_date <= run.as_at
),

-- A version that is named is believed whatever the day: families finish on the form they began with.
on_form as (
    select
        stars.score_key,
        areas.title as area_title,
        areas.area_order,
        areas.scale_minimum,
        areas.scale_maximum,
        row_number() over (
            partition by stars.score_key
            order by case when areas.valid_from <= stars.star_date then 0 else 1 end, areas.valid_from desc
        ) as place
    from stars
    inner join {{ ref('stg_voice__webstar_areas') }} as areas
        on
            stars.area = areas.area
            and (
                stars.named_version = areas.version
                or (
                    (stars.named_version is null or areas.version is null)
                    and stars.star_date between areas.valid_from and {{ end_or_never('areas.valid_to') }}
                )
            )
),

judged as (
    select
        stars.score_key,
        on_form.area_title,
        on_form.area_order,
        on_form.scale_minimum,
        on_form.scale_maximum,
        case
            when register.areas = 0 then null
            when on_form.score_key is null then 'area_not_in_version'
            when stars.score < on_form.scale_minimum or stars.score > on_form.scale_maximum then 'score_outside_scale'
        end as left_out_reason
    from stars
    cross join register
    left join on_form on stars.score_key = on_form.score_key and on_form.place = 1
),

first_starts as (
    select
        stars.intervention_key,
        stars.respondent,
        min(stars.star_date) as start_date
    from stars
    inner join judged on stars.score_key = judged.score_key
    where stars.stage = 'start' and judged.left_out_reason is null
    group by stars.intervention_key, stars.respondent
)

select
    stars.score_key,
    stars.intervention_key,
    stars.child_key,
    stars.respondent,
    stars.stage,
    stars.star_date,
    stars.area,
    judged.area_title,
    judged.area_order,
    stars.score,
    stars.version,
    judged.scale_minimum,
    judged.scale_maximum,
    versions.smallest_area_change,
    versions.smallest_overall_change,
    coalesce(
        judged.left_out_reason,
        case when stars.stage <> 'start' and stars.star_date < first_starts.start_date then 'before_start' end
    ) as left_out_reason,
    stars.service_code,
    stars.team_code,
    stars.load_id,
    stars.row_number
from stars
inner join judged on stars.score_key = judged.score_key
left join versions on stars.version = versions.version
left join first_starts
    on stars.intervention_key = first_starts.intervention_key and stars.respondent = first_starts.respondent
