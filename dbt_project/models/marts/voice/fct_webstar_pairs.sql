-- Distance travelled: per intervention, respondent and area the first start star with the last end star on or after it.
-- Only areas scored at both are pairs; mid-way stars are not used.
with

scored as (
    select
        stars.intervention_id,
        stars.child_id,
        stars.respondent,
        stars.area,
        stars.stage,
        stars.star_date,
        stars.score,
        stars.service_code,
        stars.team_code,
        stars.load_id,
        stars.row_number
    from {{ ref('stg_voice__webstar') }} as stars
    cross join {{ ref('stg_control__run') }} as run
    where stars.score is not null and stars.star_date <= run.as_at
),

starts as (
    select
        intervention_id,
        respondent,
        area,
        star_date,
        score,
        row_number() over (
            partition by intervention_id, respondent, area order by star_date, row_number
        ) as start_rank
    from scored
    where stage = 'start'
),

pairs as (
    select
        ends.intervention_id,
        ends.child_id,
        ends.respondent,
        ends.area,
        starts.star_date as start_date,
        ends.star_date as end_date,
        starts.score as start_score,
        ends.score as end_score,
        ends.service_code,
        ends.team_code,
        ends.load_id,
        ends.row_number,
        row_number() over (
            partition by ends.intervention_id, ends.respondent, ends.area order by ends.star_date desc, ends.row_number desc
        ) as end_rank
    from scored as ends
    inner join starts
        on
            ends.intervention_id = starts.intervention_id
            and ends.respondent = starts.respondent
            and ends.area = starts.area
            and ends.star_date >= starts.star_date
    where ends.stage = 'end' and starts.start_rank = 1
)

select
    {{ row_key(['keys.intervention_key', 'pairs.respondent', 'pairs.area']) }} as pair_key,
    keys.intervention_key,
    children.child_key,
    pairs.respondent,
    pairs.area,
    pairs.start_date,
    pairs.end_date,
    cast(pairs.start_score as integer) as start_score,
    cast(pairs.end_score as integer) as end_score,
    cast(pairs.end_score - pairs.start_score as integer) as change,
    pairs.start_score >= areas.scale_maximum as is_start_at_top,
    coalesce(nullif(trim(pairs.service_code), ''), 'unmapped') as service_code,
    coalesce(nullif(trim(pairs.team_code), ''), 'unmapped') as team_code,
    pairs.load_id,
    pairs.row_number
from pairs
inner join {{ ref('stg_control__intervention_keys') }} as keys on pairs.intervention_id = keys.intervention_id
left join {{ ref('int_children__identities') }} as children on pairs.child_id = children.child_id
-- the scale is that of the day of the start star: forms change
left join {{ ref('stg_voice__webstar_areas') }} as areas
    on
        pairs.area = areas.area
        and pairs.start_date >= areas.valid_from
        and pairs.start_date <= {{ end_or_never('areas.valid_to') }}
where pairs.end_rank = 1
